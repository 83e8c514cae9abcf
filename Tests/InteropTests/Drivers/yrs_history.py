"""The commands 34 to 36 of the yrs driver: relative positions in the root array, and snapshots."""

import json

from pycrdt import Assoc, Snapshot, StickyIndex


def create_position(entry, index, is_previous, writer):
    array = entry.roots[1]
    position = StickyIndex.new(array, index, Assoc.BEFORE if is_previous else Assoc.AFTER)
    writer.bytes(position.encode())
    writer.string(json.dumps(position.to_json()))


def resolve_position(entry, encoded, writer):
    position = StickyIndex.decode(encoded, entry.roots[1])
    writer.var_uint(1)
    writer.var_uint(position.get_index())


def parse(command, documents, number, reader):
    """Reads all of the command; what is returned runs it. None for the commands of others."""
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
