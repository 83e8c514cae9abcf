"""The counter and the log of the article `Structures`, through pycrdt; PROTOCOL.md has the commands."""

from pycrdt import Array, Map

COMMANDS = (50, 51)
LOG_COUNT_MAX = 8
LOG_AGE_MAX = 300


def safe_integer(value):
    """A whole number that JavaScript holds exactly, else None. pycrdt reads numbers as floats, and BigInts as ints."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if abs(value) < 2**53 and int(value) == value else None


def add(shared, client, amount):
    key = str(client)
    shared[key] = (safe_integer(shared.get(key)) or 0) + amount


def entries(array):
    return [entry for entry in array if isinstance(entry, dict) and "value" in entry]


def is_old(entry, cutoff):
    time = safe_integer(entry.get("time")) if isinstance(entry, dict) and "value" in entry else None
    return time is not None and time < cutoff


def trim_by_count(array):
    if len(array) > LOG_COUNT_MAX:
        del array[0 : len(array) - LOG_COUNT_MAX]


def edit_log(array, choice, time, number):
    if choice % 4 == 0:
        trim_by_count(array)
        for index in reversed(range(len(array))):
            if is_old(array[index], time - LOG_AGE_MAX):
                del array[index]
    else:
        array.append({"value": number} if choice % 4 == 1 else {"time": time, "value": number})
        trim_by_count(array)


def describe(doc, kind):
    if kind == 0:
        return str(sum(safe_integer(entry) or 0 for entry in doc.get("counter", type=Map).values()))
    lines = []
    for entry in entries(doc.get("log", type=Array)):
        time = safe_integer(entry.get("time"))
        lines.append(f"{'-' if time is None else time} {int(entry['value'])}")
    return "\n".join(lines)


def edit(doc, kind, choice, first, number):
    with doc.transaction():
        if kind == 0:
            add(doc.get("counter", type=Map), doc.client_id, first - 500)
        else:
            edit_log(doc.get("log", type=Array), choice, first, number)


def parse(command, document, reader, documents):
    kind = reader.var_uint()
    if command == 50:
        return lambda writer: writer.string(describe(documents[document].doc, kind))
    choice, first, _, number = (reader.var_uint() for _ in range(4))
    return lambda writer: edit(documents[document].doc, kind, choice, first, number)
