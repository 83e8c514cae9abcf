"""The commands 30 to 36 of the yrs driver: undo managers, relative positions in the root array, and snapshots."""

import json

from pycrdt import Assoc, Snapshot, StickyIndex, UndoManager

TRACKED = "tracked"
time = 0
managers = {}


def create_undo_manager(documents, number, timeout, names):
    scopes = [root for root, name in zip(documents[number].roots, ("text", "array", "map")) if name in names]
    manager = UndoManager(scopes=scopes, capture_timeout_millis=timeout, timestamp=lambda: time)
    manager.include_origin(TRACKED)
    managers[number] = manager


def perform(entry, now, origin, operations, writer):
    global time
    time = now

    def body():
        with entry.doc.transaction(origin=origin):
            for operation in operations:
                operation.perform(entry.roots)

    entry.write_changes(writer, body)


def act(entry, number, now, action, writer):
    global time
    time = now
    manager = managers[number]
    popped = []
    actions = [lambda: popped.append(manager.undo()), lambda: popped.append(manager.redo()), None, manager.clear]
    entry.write_changes(writer, actions[action])
    writer.var_uint(1 if popped == [True] else 0)
    writer.var_uint(len(manager.undo_stack))
    writer.var_uint(len(manager.redo_stack))


def create_position(entry, index, is_previous, writer):
    array = entry.roots[1]
    position = StickyIndex.new(array, index, Assoc.BEFORE if is_previous else Assoc.AFTER)
    writer.bytes(position.encode())
    writer.string(json.dumps(position.to_json()))


def resolve_position(entry, encoded, writer):
    position = StickyIndex.decode(encoded, entry.roots[1])
    writer.var_uint(1)
    writer.var_uint(position.get_index())


def parse(command, documents, number, reader, operation):
    """Reads all of the command; what is returned runs it. None for the commands of others."""
    if command == 30:
        timeout = reader.var_uint()
        reader.var_uint()
        names = [reader.string() for _ in range(reader.var_uint())]
        return lambda writer: create_undo_manager(documents, number, timeout, names)
    if command == 31:
        now = reader.var_uint()
        origin = TRACKED if reader.var_uint() == 1 else "other"
        operations = [operation(reader) for _ in range(reader.var_uint())]
        return lambda writer: perform(documents[number], now, origin, operations, writer)
    if command == 32:
        now, action = reader.var_uint(), reader.var_uint()
        return lambda writer: act(documents[number], number, now, action, writer)
    if command == 34:
        reader.var_uint()
        index, is_previous = reader.var_uint(), reader.var_uint() == 1
        return lambda writer: create_position(documents[number], index, is_previous, writer)
    if command == 35:
        encoded = reader.bytes()
        return lambda writer: resolve_position(documents[number], encoded, writer)
    if command == 36:
        return lambda writer: writer.bytes(Snapshot.from_doc(documents[number].doc).encode())
    return None
