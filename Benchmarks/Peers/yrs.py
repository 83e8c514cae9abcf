"""Runs yrs, through pycrdt, on a trace or a case:

    python yrs.py version
    python yrs.py trace TRACE FOLDER RUNS    reads `v1` and `updates` in FOLDER, see Workload.swift
    python yrs.py case FILE RUNS             see Case.swift

Prints one line of JSON: {"version", "samples": {operation: [milliseconds or bytes]}, "contents"}.
"""

import ctypes
import gc
import json
import platform
import struct
import sys
import time
from importlib import metadata
from pathlib import Path

from pycrdt import Array, Doc, Map, Text


def milliseconds(body):
    """Of the processor, spent in `body` by this thread."""
    gc.collect()
    gc.disable()
    start = time.thread_time()
    body()
    used = time.thread_time() - start
    gc.enable()
    return used * 1e3


class MallInfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    ]


def heap_bytes():
    """In use by this process: yrs takes its memory from malloc, which Python's own small objects do not."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = MallInfo
    info = mallinfo2()
    return info.uordblks + info.hblkhd


def sampled(operations, runs):
    samples = {}
    for name, operation in operations.items():
        operation()  # warms caches up, as the others do
        samples[name] = [operation() for _ in range(runs)]
    return samples


# Traces


def read_updates(file):
    data = file.read_bytes()
    (count,) = struct.unpack_from("<I", data)
    offset = 4
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, offset)
        yield data[offset + 4 : offset + 4 + length]
        offset += 4 + length


def trace_operations(folder):
    whole = (folder / "v1").read_bytes()
    end = (folder / "end").read_text()

    def loaded():
        doc = Doc(client_id=99)
        doc.apply_update(whole)
        return doc

    def check(doc):
        if str(doc.get("text", type=Text)) != end:
            raise ValueError("the text differs from the end of the trace")

    def load():
        doc = Doc(client_id=99)
        used = milliseconds(lambda: doc.apply_update(whole))
        check(doc)
        return used

    def encode():
        doc = loaded()
        return milliseconds(doc.get_update)

    def memory():
        gc.collect()
        before = heap_bytes()
        doc = loaded()
        used = heap_bytes() - before
        check(doc)
        return used

    operations = {"load": load, "encode": encode, "memory": memory}
    if (folder / "updates").exists():
        updates = list(read_updates(folder / "updates"))

        def remote():
            doc = Doc(client_id=99)

            def apply_all():
                for update in updates:
                    doc.apply_update(update)

            used = milliseconds(apply_all)
            check(doc)
            return used

        operations["remote"] = remote
    return operations


# Cases


class Roots:
    """A document and its roots. All text is ASCII, so that bytes, which pycrdt counts, are characters."""

    def __init__(self, client):
        self.doc = Doc(client_id=client)
        self.text = self.doc.get("text", type=Text)
        self.array = self.doc.get("array", type=Array)
        self.map = self.doc.get("map", type=Map)

    def perform(self, edit):
        kind, place, content = edit
        if kind == "insert":
            self.text.insert(place, content)
        elif kind == "delete":
            del self.text[place : place + content]
        elif kind == "insertValues":
            self.array[place:place] = content
        elif kind == "set":
            self.map[place] = content
        else:
            self.map[place] = Map(content)

    def replay(self, edits, per_transaction):
        perform, transaction = self.perform, self.doc.transaction
        for start in range(0, len(edits), per_transaction):
            with transaction():
                for edit in edits[start : start + per_transaction]:
                    perform(edit)

    def contents(self):
        def plain(value):
            if isinstance(value, Map):
                return {key: plain(value[key]) for key in value}
            return int(value) if isinstance(value, float) and value.is_integer() else value

        def write(value):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

        elements = [plain(value) for value in self.array]
        members = {key: plain(self.map[key]) for key in sorted(self.map)}
        return f"{self.text}\n{write(elements)}\n{write(members)}"


def alone(case):
    roots = Roots(1)
    used = milliseconds(lambda: roots.replay(case["replicas"][0], case["editsPerTransaction"]))
    return used, roots.contents()


def followed(case):
    roots, follower = Roots(1), Roots(2)
    subscription = roots.doc.observe(lambda event: follower.doc.apply_update(event.update))
    used = milliseconds(lambda: roots.replay(case["replicas"][0], case["editsPerTransaction"]))
    roots.doc.unobserve(subscription)
    if follower.contents() != roots.contents():
        raise ValueError("the replicas differ")
    return used, roots.contents()


def merged(case):
    replicas = [Roots(1), Roots(2)]
    replicas[0].text.insert(0, case["commonText"])
    replicas[1].doc.apply_update(replicas[0].doc.get_update())
    updates = []
    subscriptions = [roots.doc.observe(lambda event: updates.append(event.update)) for roots in replicas]

    def run():
        for roots, edits in zip(replicas, case["replicas"]):
            roots.replay(edits, len(edits))
        first, second = updates
        replicas[0].doc.apply_update(second)
        replicas[1].doc.apply_update(first)

    used = milliseconds(run)
    for roots, subscription in zip(replicas, subscriptions):
        roots.doc.unobserve(subscription)
    if replicas[0].contents() != replicas[1].contents():
        raise ValueError("the replicas differ")
    return used, replicas[0].contents()


def gathered(case):
    updates = []
    for index, edits in enumerate(case["replicas"]):
        roots = Roots(index + 1)
        roots.replay(edits, len(edits))
        updates.append(roots.doc.get_update())
    roots = Roots(1_000_000)

    def run():
        for update in updates:
            roots.doc.apply_update(update)

    used = milliseconds(run)
    return used, roots.contents()


FORMS = {"alone": alone, "followed": followed, "merged": merged, "gathered": gathered}


def main():
    command, *arguments = sys.argv[1:]
    result = {
        "version": f"yrs through pycrdt {metadata.version('pycrdt')}, Python {platform.python_version()}",
        "samples": {},
    }
    if command == "trace":
        _, folder, runs = arguments
        result["samples"] = sampled(trace_operations(Path(folder)), int(runs))
    elif command == "case":
        file, runs = arguments
        case = json.loads(Path(file).read_text())
        form = FORMS[case["form"]]
        _, result["contents"] = form(case)  # warms caches up, as the others do
        result["samples"]["case"] = [form(case)[0] for _ in range(int(runs))]
    print(json.dumps(result))


main()
