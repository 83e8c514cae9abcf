"""Holds yrs documents for the differential tests; PROTOCOL.md says what it is asked and how it answers.

pycrdt counts text in UTF-8 bytes, so a position between the surrogates of a pair cannot be said here: programs that
split pairs run on a second Yjs replica instead. It does not tell whether something is pending either.
"""

import json
import math
import struct
import sys
import traceback

import yrs_comfort
import yrs_history
import yrs_structures
import yrs_updates
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

ROOTS = (("text", Text), ("array", Array), ("map", Map), ("xml", XmlFragment))
XML_NAMES = ("p", "h1", "div")


class Reader:
    """lib0's encodings, read from bytes."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def at_end(self):
        return self.position == len(self.data)

    def byte(self):
        self.position += 1
        return self.data[self.position - 1]

    def raw(self, count):
        self.position += count
        return self.data[self.position - count : self.position]

    def var_uint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def var_int(self):
        first = self.byte()
        value = first & 0x3F
        if first & 0x80:
            value |= self.var_uint() << 6
        return -value if first & 0x40 else value

    def bytes(self):
        return bytes(self.raw(self.var_uint()))

    def string(self):
        return self.bytes().decode()

    def any(self):
        tag = self.byte()
        if tag in (0x7E, 0x7F):
            return None
        if tag in (0x78, 0x79):
            return tag == 0x78
        if tag == 0x7D:
            return self.var_int()
        if tag in (0x7A, 0x7B, 0x7C):
            layout = {0x7A: ">q", 0x7B: ">d", 0x7C: ">f"}[tag]
            return struct.unpack(layout, self.raw(struct.calcsize(layout)))[0]
        if tag == 0x77:
            return self.string()
        if tag == 0x74:
            return self.bytes()
        if tag == 0x75:
            return [self.any() for _ in range(self.var_uint())]
        if tag == 0x76:
            return {self.string(): self.any() for _ in range(self.var_uint())}
        raise ValueError(f"unknown tag {tag}")


class Writer:
    """lib0's encodings, appended to bytes."""

    def __init__(self):
        self.data = bytearray()

    def var_uint(self, value):
        while value > 0x7F:
            self.data.append(value & 0x7F | 0x80)
            value >>= 7
        self.data.append(value)

    def bytes(self, value):
        self.var_uint(len(value))
        self.data += value

    def string(self, value):
        self.bytes(value.encode())


# Walking


def is_shared(value):
    return isinstance(value, (Text, Array, Map, XmlFragment, XmlElement, XmlText))


def sorted_keys(members):
    return sorted(members.keys(), key=lambda name: name.encode())


def children(shared):
    if isinstance(shared, Array):
        return list(shared)
    if isinstance(shared, Map):
        return [shared[key] for key in sorted_keys(shared)]
    if isinstance(shared, (XmlFragment, XmlElement)):
        return list(shared.children)
    return [content for content, _ in shared.diff()]


def shared_types(roots):
    """All shared types in the order that operations count them."""
    found = []

    def visit(shared):
        found.append(shared)
        for child in filter(is_shared, children(shared)):
            visit(child)

    for shared in roots:
        visit(shared)
    return found


# Canonical form


def canonical_string(value):
    return json.dumps(value, ensure_ascii=False)


def canonical_float(value):
    if math.isnan(value):
        return "nan"
    is_negative_zero = value == 0 and math.copysign(1, value) < 0
    if value.is_integer() and abs(value) < 2**53 and not is_negative_zero:
        return str(int(value))
    return "f:" + struct.pack(">d", value).hex()


def canonical_members(members):
    pairs = (canonical_string(key) + ":" + canonical(members[key]) for key in sorted_keys(members))
    return "{" + ",".join(pairs) + "}"


def canonical_text(text):
    """The stretches of a text: neighbours with the same formats are one."""
    parts = []
    for content, attributes in text.diff():
        formats = canonical_members(attributes) if attributes else ""
        if isinstance(content, str) and parts and isinstance(parts[-1][0], str) and parts[-1][1] == formats:
            parts[-1] = (parts[-1][0] + content, formats)
        else:
            parts.append((content, formats))
    return "".join(
        (canonical_string(content) if isinstance(content, str) else "<" + canonical(content) + ">") + formats
        for content, formats in parts
    )


def canonical_children(node):
    return "[" + ",".join(map(canonical, node.children)) + "]"


def canonical(value):
    if isinstance(value, Text):
        return "text(" + canonical_text(value) + ")"
    if isinstance(value, XmlText):
        return "xmlText(" + canonical_text(value) + ")"
    if isinstance(value, XmlElement):
        attributes = canonical_members(dict(value.attributes))
        return "element(" + canonical_string(value.tag) + attributes + canonical_children(value) + ")"
    if isinstance(value, XmlFragment):
        return "fragment" + canonical_children(value)
    if isinstance(value, (Array, list)):
        prefix = "array" if isinstance(value, Array) else ""
        return prefix + "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (Map, dict)):
        return ("map" if isinstance(value, Map) else "") + canonical_members(value)
    if isinstance(value, (bytes, bytearray)):
        return "bytes(" + value.hex() + ")"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}n"
    if isinstance(value, float):
        return canonical_float(value)
    return canonical_string(value)


# Operations


class Operation:
    def __init__(self, reader):
        self.target, self.choice, self.position, self.count, _ = (reader.var_uint() for _ in range(5))
        self.text = reader.string()
        self.key = reader.string()
        self.values = [reader.any() for _ in range(reader.var_uint())]
        self.attributes = reader.any()

    def new_type(self):
        return (Text, Array, Map)[self.count % 3]()

    def perform(self, roots):
        types = shared_types(roots)
        target = types[self.target % len(types)]
        if isinstance(target, (Text, XmlText)):
            self.perform_on_text(target)
        elif isinstance(target, (XmlFragment, XmlElement)):
            self.perform_on_xml(target)
        elif isinstance(target, Array):
            self.perform_on_array(target)
        else:
            self.perform_on_map(target)

    def perform_on_text(self, text):
        # What is embedded counts as one unit here, and as one byte in yrs.
        chunks = [content if isinstance(content, str) else "\0" for content, _ in text.diff()]
        units = "".join(chunks).encode("utf-16-le")
        length = len(units) // 2

        def is_inside_pair(index):
            return 0 < index < length and 0xDC <= units[2 * index + 1] < 0xE0

        def in_bytes(index):
            return len(units[: 2 * index].decode("utf-16-le").encode())

        choice = self.choice % 4 if length == 0 else self.choice % 10
        inserts = choice < 4
        start = self.position % (length + (1 if inserts else 0))
        end = min(start + 1 + self.count % 8, length)
        start -= is_inside_pair(start)
        end += is_inside_pair(end)
        if choice < 2:
            if self.text:
                text.insert(in_bytes(start), self.text)
        elif choice == 2:
            if self.text:
                text.insert(in_bytes(start), self.text, self.attributes)
        elif choice == 3:
            text.insert_embed(in_bytes(start), {self.key: self.text}, self.attributes)
        elif choice < 7:
            text.format(in_bytes(start), in_bytes(end), self.attributes)
        else:
            del text[in_bytes(start) : in_bytes(end)]

    def perform_on_xml(self, node):
        choice = self.choice % 8
        length = len(node.children)
        if choice >= 6 and length > 0:
            start = self.position % length
            del node.children[start : min(start + 1 + self.count % 3, length)]
        elif choice >= 4 and isinstance(node, XmlElement):
            if choice == 4:
                node.attributes[self.key] = self.text
            elif self.key in node.attributes:
                del node.attributes[self.key]
        else:
            new = XmlText() if choice == 2 else XmlElement(XML_NAMES[self.count % 3])
            node.children.insert(self.position % (length + 1), new)

    def perform_on_array(self, array):
        choice = self.choice % 8
        length = len(array)
        if choice < 5 or length == 0:
            contents = [self.new_type()] if choice == 4 else self.values
            for offset, value in enumerate(contents):
                array.insert(self.position % (length + 1) + offset, value)
        else:
            start = self.position % length
            del array[start : min(start + 1 + self.count % 4, length)]

    def perform_on_map(self, shared):
        choice = self.choice % 8
        if choice < 4:
            shared[self.key] = self.values[0]
        elif choice == 4:
            shared[self.key] = self.new_type()
        elif self.key in shared:
            del shared[self.key]


# Commands


class Entry:
    """A document, its roots, and the updates it has emitted."""

    def __init__(self, client):
        self.doc = Doc(client_id=client)
        self.roots = [self.doc.get(name, type=kind) for name, kind in ROOTS]
        self.updates = []
        self.subscription = self.doc.observe(lambda event: self.updates.append(event.update))

    def change(self, writer, body):
        def transact():
            with self.doc.transaction():
                body()

        self.write_changes(writer, transact)

    def write_changes(self, writer, body):
        self.updates.clear()
        body()
        writer.var_uint(len(self.updates))
        for update in self.updates:
            writer.bytes(update)
        writer.string("")

    def write_state(self, writer, adds_update):
        writer.bytes(self.doc.get_state())
        with self.doc.transaction():
            writer.string("\n".join(map(canonical, self.roots)))
        writer.var_uint(0)
        writer.bytes(self.doc.get_update() if adds_update else b"")


documents = {}


def perform_all(entry, operations):
    for operation in operations:
        operation.perform(entry.roots)


def parse_command(reader):
    """Reads all of the command; what is returned runs it, and may fail without losing the place."""
    command = reader.var_uint()
    if command in yrs_updates.COMMANDS:
        return yrs_updates.COMMANDS[command](reader)
    if command in yrs_comfort.COMMANDS:
        return yrs_comfort.COMMANDS[command](reader)
    number = reader.var_uint()
    if command in yrs_structures.COMMANDS:
        return yrs_structures.parse(command, number, reader, documents)
    if command == 1:
        client = reader.var_uint()
        reader.var_uint()
        return lambda writer: documents.__setitem__(number, Entry(client))
    if command == 2:
        operations = [Operation(reader) for _ in range(reader.var_uint())]
        return lambda writer: documents[number].change(writer, lambda: perform_all(documents[number], operations))
    if command == 3:
        state_vector = reader.bytes()
        return lambda writer: writer.bytes(documents[number].doc.get_update(state_vector))
    if command == 4:
        update = reader.bytes()
        return lambda writer: documents[number].change(writer, lambda: documents[number].doc.apply_update(update))
    if command == 5:
        adds_update = reader.var_uint() == 1
        return lambda writer: documents[number].write_state(writer, adds_update)
    if command == 6:
        return lambda writer: documents.pop(number)
    run = yrs_history.parse(command, documents, number, reader, Operation)
    if run:
        return run
    raise ValueError(f"unknown command {command}")


def answer(request):
    reader = Reader(request)
    response = Writer()
    while not reader.at_end():
        run = parse_command(reader)
        result = Writer()
        try:
            run(result)
            response.var_uint(0)
            response.data += result.data
        except BaseException:  # a panic of yrs is no Exception
            response.var_uint(1)
            response.string(traceback.format_exc())
    return bytes(response.data)


def main():
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(4):
        response = answer(requests.read(struct.unpack("<I", header)[0]))
        responses.write(struct.pack("<I", len(response)) + response)
        responses.flush()


main()
