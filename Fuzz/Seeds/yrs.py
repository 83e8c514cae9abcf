"""Writes what yrs sends, as inputs of the fuzzer, to a folder: python yrs.py FOLDER"""

import random
import sys
from pathlib import Path

from pycrdt import Array, Doc, Map, Text, create_sync_message, create_update_message

from lib0 import var_uint

# Places in the table of Harness/FuzzTarget.swift.
UPDATE, UPDATES, STATE_VECTOR, MESSAGES = 0, 1, 2, 4
VALUES = [None, True, 1, -5, 2**40, 0.25, "x", "é😀", b"\1\2", [1, [None]], {"a": {"b": [1.5]}}]
TEXTS = ["a", "bc", "é", "日本", "😀", "the quick brown fox"]

folder = Path(sys.argv[1])
generator = random.Random(1)
count = 0


def save(decoder, data):
    global count
    (folder / f"yrs-{decoder}-{count}").write_bytes(bytes([decoder]) + data)
    count += 1


def framed(updates):
    return b"".join(var_uint(len(update)) + update for update in updates)


def edit(doc):
    text, array, members = doc.get("t", type=Text), doc.get("a", type=Array), doc.get("m", type=Map)
    match generator.randrange(7):
        case 0:
            text.insert(0, generator.choice(TEXTS))
        case 1:
            text += generator.choice(TEXTS)
        case 2:
            del text[0 : len(text)]
        case 3:
            array.append(generator.choice([*VALUES, Text("n"), Map({"k": 1})]))
        case 4:
            if len(array):
                del array[generator.randrange(len(array))]
        case 5:
            members[generator.choice("kl")] = generator.choice([*VALUES, Array([1])])
        case 6:
            if "k" in members:
                del members["k"]


for number in range(20):
    docs = [Doc(client_id=client) for client in generator.choice([[1], [2, 3], [7, 4294967295, 2**40]])]
    updates = []
    for doc in docs:
        doc.observe(lambda event: updates.append(event.update))
    for _ in range(generator.randrange(2, 12)):
        doc = generator.choice(docs)
        with doc.transaction():
            edit(doc)
        if generator.randrange(3) == 0:
            generator.choice(docs).apply_update(doc.get_update())
    whole = docs[0].get_update()
    save(UPDATE, whole)
    save(UPDATES, framed([update for update in updates if len(update) > 2]))
    save(UPDATES, framed([whole, docs[-1].get_update()]))
    save(STATE_VECTOR, docs[0].get_state())
    save(MESSAGES, create_sync_message(docs[0]) + create_update_message(whole))
