"""Writes yrs-updates.txt: updates V1 of every kind of content that pycrdt can make, as yrs writes them.

Run with the Python that has the packages of Tests/requirements.txt. pycrdt writes no updates V2. The subdocument's
identifier is another one each time.
"""

from pathlib import Path

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText


def string(doc):
    doc.get("t", type=Text).insert(0, "aé日😀")


def deleted(doc):
    text = doc.get("t", type=Text)
    text += "abcdef"
    del text[2:5]


def collected(doc):
    root = doc.get("m", type=Map)
    root["n"] = Map({"a": 1})
    del root["n"]


def embed(doc):
    doc.get("t", type=Text).insert_embed(0, {"image": "x.png", "size": [0.1, 1.5, -1e-7]})


def formats(doc):
    text = doc.get("t", type=Text)
    text += "plain bold"
    text.format(6, 10, {"bold": True, "size": 1.5})


def any_values(doc):
    doc.get("a", type=Array).extend([None, True, False, 0.0, 1.0, -64.0, 0.5, 0.1, 1e300, "é😀", [1.0, [2.0]], {"k": 1.0}])


def integers(doc):
    doc.get("a", type=Array).extend([0, 1, -64, 2**31, 2**53 - 1])


def binary(doc):
    doc.get("a", type=Array).extend([b"\x00\x01\xff"])


def nested(doc):
    doc.get("a", type=Array).extend([Text("inside"), Array([1.0]), Map({"k": "v"})])


def xml(doc):
    fragment = doc.get("x", type=XmlFragment)
    fragment.children.append(XmlElement("p", {"class": "note"}, [XmlText("words")]))


def subdocument(doc):
    doc.get("m", type=Map)["d"] = Doc()


PROGRAMS = [string, deleted, collected, embed, formats, any_values, integers, binary, nested, xml, subdocument]

lines = []
for program in PROGRAMS:
    doc = Doc(client_id=1)
    with doc.transaction():
        program(doc)
    lines.append(f"{program.__name__} {doc.get_update().hex()}\n")
Path(__file__).with_name("yrs-updates.txt").write_text("".join(lines))
