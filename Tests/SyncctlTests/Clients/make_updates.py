"""Prints an update by yrs, and its state vector, as one line of JSON."""

import json

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

doc = Doc(client_id=5)
text = doc.get("text", type=Text)
text += "Secret letter 日😀"
text.format(0, 6, {"bold": True})
text.insert_embed(6, {"image": "secret.png"})
del text[1:3]
root = doc.get("map", type=Map)
root["secretKey"] = "secret value"
root["nested"] = Map({"inner": Array([1, None, {"secret": [True]}])})
root["gone"] = Map({"secret": 1})
del root["gone"]
doc.get("list", type=Array).extend(["secret entry", b"\x01\x02", 0.5, Text("secret inside")])
doc.get("xml", type=XmlFragment).children.append(XmlElement("secretNode", {"class": "x"}, [XmlText("secret words")]))

print(json.dumps({"update": doc.get_update().hex(), "stateVector": doc.get_state().hex(), "text": str(text)}))
