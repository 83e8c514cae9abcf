"""Commands 21 to 23: tools without a document, for updates V1; PROTOCOL.md describes them."""

from pycrdt import get_state, get_update, merge_updates


def _merge(reader):
    reader.var_uint()
    updates = [reader.bytes() for _ in range(reader.var_uint())]
    return lambda writer: writer.bytes(merge_updates(*updates))


def _difference(reader):
    reader.var_uint()
    update = reader.bytes()
    state_vector = reader.bytes()
    return lambda writer: writer.bytes(get_update(update, state_vector))


def _state_vector(reader):
    reader.var_uint()
    update = reader.bytes()
    return lambda writer: writer.bytes(get_state(update))


COMMANDS = {21: _merge, 22: _difference, 23: _state_vector}
