"""Writes inputs that repeat one cheap part as often as fits, to a folder: python hostile.py FOLDER

What a part costs beyond its bytes shows in such inputs first: see the limits in Harness/Meter.swift.
"""

import sys
from pathlib import Path

from lib0 import var_uint as vu

# Places in the table of Harness/FuzzTarget.swift.
UPDATE, STATE_VECTOR, AWARENESS, MESSAGES, VALUE, JSON = 0, 2, 3, 4, 5, 6
KEEPS_GARBAGE = 0x80
LENGTH_MAX = 4090

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def save(name, decoder, data):
    for flag in (0, KEEPS_GARBAGE) if decoder == UPDATE else (0,):
        (folder / (name + ("-kept" if flag else ""))).write_bytes(bytes([decoder | flag]) + data)


def name(index):
    digits = bytes([index & 127, index >> 7]) if index > 127 else bytes([index])
    return vu(len(digits)) + digits


def repeat(part, head=vu, tail=b""):
    """`head` of a count, and as many parts; `part` makes the bytes of each from its number."""
    parts = []
    length = len(tail) + 16
    while length + len(part(len(parts))) < LENGTH_MAX:
        parts.append(part(len(parts)))
        length += len(parts[-1])
    return head(len(parts)) + b"".join(parts) + tail


def structs(name, part, count=1):
    """One client's structs, `count` of them in each part."""
    save(name, UPDATE, repeat(part, lambda parts: b"\1" + vu(count * parts) + b"\1\0", b"\0"))


def sections(name, part, more=b""):
    """A section for each of many clients, and one more behind them."""
    save(name, UPDATE, repeat(part, lambda parts: vu(parts + (1 if more else 0)), more + b"\0"))


FIRST = b"\1\1\0\4\1\1t\1a"
sections("clients-without-structs", lambda i: b"\0" + vu(i) + b"\0")
sections("clients-collected", lambda i: b"\1" + vu(i) + b"\0\0\1")
sections("clients-of-text", lambda i: b"\1" + vu(i) + b"\0\4\1\1t\1a")
sections("clients-waiting", lambda i: b"\1" + vu(i) + b"\1\0\1")
sections("clients-at-one-place", lambda i: b"\1" + vu(i + 2) + b"\0\x84\1\0\1a", FIRST)
sections("clients-one-after-the-other", lambda i: b"\1" + vu(i + 2) + b"\0\x84" + vu(i + 1) + b"\0\1a", FIRST)
sections("clients-before-each-other", lambda i: b"\1" + vu(2000 - i) + b"\0\x84" + vu(1999 - i) + b"\0\1a")

structs("gaps", lambda i: b"\x0a\1")
structs("collected", lambda i: b"\0\1")
structs("collected-and-gaps", lambda i: b"\0\1\x0a\1", count=2)
structs("texts", lambda i: b"\4\1\1t\1a")
structs("roots", lambda i: b"\4\1" + name(i) + b"\1a")
structs("keys", lambda i: b"\x28\1\1m" + name(i) + b"\1\x7e")
structs("formats", lambda i: b"\6\1\1t\1b\0011")
structs("types", lambda i: b"\7\1\1a\0")
structs("types-nested-in-lists", lambda i: b"\7\0\1" + vu(i - 1) + b"\0" if i else b"\7\1\1a\0")
structs("types-nested-in-maps", lambda i: b"\x27\0\1" + vu(i - 1) + b"\1k\1" if i else b"\x27\1\1a\1k\1")
for part, title in ((b"\x7e", "values-short"), (b"\x77\6abcdef", "values-long")):
    save(title, UPDATE, repeat(lambda i: part, lambda parts: b"\1\1\1\0\x08\1\1a" + vu(parts), b"\0"))

save("deletions-waiting", UPDATE, repeat(lambda i: vu(2 * i) + b"\1", lambda parts: b"\0\1\1" + vu(parts)))
save("deletions-descending", UPDATE, repeat(lambda i: vu(4000 - 2 * i) + b"\1", lambda parts: b"\0\1\1" + vu(parts)))
save("deletions-of-many", UPDATE, repeat(lambda i: vu(i) + b"\1\0\1", lambda parts: b"\0" + vu(parts)))

HUGE, HALF = vu((1 << 27) - 1), vu((1 << 26) - 1)
save("huge-collected", UPDATE, b"\1\1\1\0\0" + HUGE + b"\0")
save("huge-deleted", UPDATE, b"\1\1\1\0\1\1\1t" + HUGE + b"\0")
save("huge-waiting", UPDATE, b"\1\1\1\1\1\1\1t" + HUGE + b"\0")
save("huge-then-text", UPDATE, b"\1\2\1\0\1\1\1t" + HALF + b"\x84\1" + vu((1 << 26) - 2) + b"\1a\0")

save("state-vector", STATE_VECTOR, repeat(lambda i: vu(i) + b"\1"))
save("awareness", AWARENESS, repeat(lambda i: vu(i) + b"\1\0"))
save("queries", MESSAGES, b"\3" * LENGTH_MAX)
save("empty-updates", MESSAGES, b"\0\2\2\0\0" * (LENGTH_MAX // 5))
save("empty-vectors", MESSAGES, b"\0\0\1\0" * (LENGTH_MAX // 4))

for title, part in {
    "nulls": b"\x7e",
    "arrays": b"\x75\0",
    "arrays-of-one": b"\x75\1\x7e",
    "objects-of-one": b"\x76\1\0\x7e",
    "strings": b"\x77\x10" + b"a" * 16,
    "bytes": b"\x74\1a",
}.items():
    save("value-" + title, VALUE, repeat(lambda i: part, lambda parts: b"\x75" + vu(parts)))
save("value-members", VALUE, repeat(lambda i: b"\0\x7e", lambda parts: b"\x76" + vu(parts)))
for title, start, part, end in (
    ("arrays", b"[", b"[],", b"1]"),
    ("arrays-of-one", b"[", b"[1],", b"1]"),
    ("numbers", b"[", b"1,", b"1]"),
    ("members", b"{", b'"":1,', b'"":1}'),
    ("escapes", b'"', b"\\n", b'"'),
    ("digits", b"", b"1", b""),
):
    save("json-" + title, JSON, repeat(lambda i: part, lambda parts: start, end))
