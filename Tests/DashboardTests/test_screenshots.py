"""How it looks with something in it: pictures for people, in `.build/screenshots`, and that nothing sticks out of the window."""

import itertools
import re
import unittest

from case import BUILD, DashboardTestCase
from harness.waiting import until
from writing import ROOT, editor, wait_until_stored, write_at_end

MINUTES = """Minutes of the garden club
We met in the greenhouse; eleven of us came.
Tomatoes
Twelve plants are out. Grace brings stakes and twine on Saturday.
Beans
The runner beans need water twice a day until it rains.
"""


class Screenshots(DashboardTestCase):

    def setUp(self):
        super().setUp()
        self.folder_of_pictures = BUILD / "screenshots"
        self.folder_of_pictures.mkdir(parents=True, exist_ok=True)

    def picture(self, window, name):
        """Takes pictures in light and dark, and on a phone."""
        for (width, height), colours in itertools.product(((1280, 800), (390, 844)), ("light", "dark")):
            window.resize(width, height)
            window.use_colours(colours)
            window.evaluate("scrollTo(0, 0); return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
            self.assertFalse(
                window.evaluate("return document.documentElement.scrollWidth > innerWidth"), f"{name} is wider than {width}")
            window.save_screenshot(self.folder_of_pictures / f"{name}-{'phone' if width < 500 else 'desktop'}-{colours}.png")
        window.resize(1280, 800)
        window.use_colours("light")

    def test_pages_with_something_in_them(self):
        relay = self.start_relay("--durability", "normal", has_tokens=True)
        people = {name: relay.token(name, "project:*=write", "notes=write", f"user:{name}=write", f"notifications:{name}=read")
                  for name in ("ada", "grace", "alan")}
        root = relay.token("root", "*=admin")
        garden = {name: self.stock_client(relay, "project:garden", token=token) for name, token in people.items()}
        garden["ada"].insert(ROOT, 0, MINUTES)
        for heading in ("Minutes of the garden club", "Tomatoes", "Beans"):
            end = MINUTES.index(heading) + len(heading)
            level = 1 if heading.startswith("Minutes") else 2
            garden["ada"].run(f"doc.getText('{ROOT}').format({end}, 1, {{ header: {level} }})")
        garden["grace"].run("doc.getMap('plants').set('tomatoes', { out: 12, kind: 'San Marzano' })")
        garden["grace"].run("doc.getArray('orders').push(['stakes', 'twine', { compost: '40 l' }])")
        relay.wait_for_document("project:garden", lambda document: document.get("orders"), "the minutes are stored", root)
        relay.pass_time(7200)
        for name, client in garden.items():
            until(f"{name} is back", lambda: client.run("provider.wsconnected && provider.synced"))
        garden["alan"].insert(ROOT, len(MINUTES) - 1, " Alan mends the hose")
        garden["alan"].run("doc.getText('%s').delete(%d, 6)" % (ROOT, MINUTES.index("eleven")))
        garden["alan"].insert(ROOT, MINUTES.index("eleven"), "twelve")
        relay.wait_for_document("project:garden", lambda document: "hose" in str(document[ROOT]), "Alan's is stored", root)
        relay.ask("/api/versions", body={"room": "project:garden", "name": "As agreed"}, token=root)
        for kind, text in (("planted", "a row of lettuce"), ("harvested", "two kilos of beans"), ("ordered", "40 l of compost")):
            relay.ask("/api/activity", body={"room": "project:garden", "kind": kind, "text": text, "user": "grace"}, token=root)
        for room in ("project:kitchen", "notes", "project:workshop"):
            self.stock_client(relay, room, token=root).insert(ROOT, 0, f"What there is to say of {room}")
        for title, sender in (("Grace mentioned you", "grace"), ("The beans are ripe", "garden"), ("Backup finished", "relay")):
            relay.ask("/api/notifications", {"user": "root"}, {
                "category": "user-action" if sender == "grace" else "system", "title": title, "sender": sender,
                "body": "In the minutes of the garden club" if sender == "grace" else None}, token=root)

        # Open from the start, so that its charts have a past in the end.
        self.expect_problems("status of 401", "status of 403")
        overview = self.window(relay, "#/", token=root)
        load = [self.stock_client(relay, f"project:{name}", token=root) for name in ("workshop", "kitchen", "cellar")]
        for number, client in enumerate(load):
            client.run(f"""(setInterval(() => {{
              const count = Math.round(2 + 2 * Math.sin(Date.now() / {2000 + 1500 * number}))
              for (let index = 0; index < count; index++) doc.getMap('measured').set(String(index), Math.random())
            }}, 100), null)""")

        ada, grace = (self.window(relay, "#/write/project%3Agarden", token=people[name]) for name in ("ada", "grace"))
        room = "project:garden"
        editor(ada, room).evaluate("node.focus()")
        ada.press("Control+Home")
        ada.press("ArrowDown", times=3)
        ada.press("End")
        ada.type(" And a ladder.")
        write_at_end(grace, "Next meeting: the first Sunday of May.", room)
        wait_until_stored(ada, grace)
        until("the cursor of the other is shown", lambda: grace.evaluate("return document.querySelector('.remote-caret') !== null"))
        self.picture(grace, "write")

        window = self.window(relay, "#/rooms", token=root)
        for address, text, name in (
                ("#/rooms", "project:workshop", "rooms"), ("#/rooms/project%3Agarden", "tomatoes", "tree"),
                ("#/rooms/project%3Agarden?tab=history", "The document then", "history"),
                ("#/activity/garden", "two kilos of beans", "activity"), ("#/notifications", "The beans are ripe", "notifications"),
                ("#/connection", "Latency", "connection")):
            if address != "#/rooms":
                window.go(address)
            window.wait_for_text(text)
            if name == "tree":
                window.find("treeitem", re.compile("^tomatoes")).click()
                window.wait_for_text("San Marzano")
            self.picture(window, name)
        until("there is load", lambda: float(overview.fact("Updates").split()[0].replace(",", "")) > 20)
        self.picture(overview, "overview")


if __name__ == "__main__":
    unittest.main()
