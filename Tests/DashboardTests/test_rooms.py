"""Rooms: found in the list, and what is in them now and was in them before."""

import re
import unittest

from case import DashboardTestCase
from harness.browser import PASSING
from harness.waiting import until


class RoomListTests(DashboardTestCase):

    def test_the_list_is_searched_and_follows_what_happens(self):
        relay = self.start_relay("--no-activity")
        for room in ("project:garden", "project:kitchen", "notes"):
            self.stock_client(relay, room).insert("body", 0, room)
        window = self.window(relay, "#/rooms")
        rows = window.find("rowheader")
        until("all rooms are listed", lambda: len(rows.all) == 3)
        window.find("searchbox", "Search").fill("KITCH")
        until("one is left", lambda: [row.text.split()[0] for row in rows.all] == ["project:kitchen"], ignoring=PASSING)
        window.wait_for_text("1 of 3 rooms")
        window.find("searchbox", "Search").fill("nothing like it")
        window.wait_for_text("No room matches")
        window.button("Show all rooms").click()
        self.stock_client(relay, "attic").insert("body", 0, "dust")
        window.link("attic").wait()
        window.find("combobox", "Kind").evaluate(
            "node.value = 'project'; node.dispatchEvent(new Event('change', { bubbles: true }))")
        until("projects are listed", lambda: len(rows.all) == 2)
        # What was chosen is in the address, and outlives a reload.
        window.reload()
        until("projects are listed again", lambda: len(rows.all) == 2)

    def test_a_search_is_begun_by_a_key(self):
        window = self.window(self.start_relay(), "#/rooms")
        window.press("/")
        window.type("abc/d")
        self.assertEqual("abc/d", window.find("searchbox", "Search").value)


class RoomTreeTests(DashboardTestCase):

    def test_a_tree_changes_while_others_write(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "project:garden")
        writer.run("doc.getMap('plants').set('tomatoes', 12)")
        writer.insert("notes", 0, "Water them")
        window = self.window(relay, "#/rooms/project%3Agarden")
        tree = window.find("tree", re.compile("What is in"))
        for part in ("plants", "tomatoes", "12", "Water them"):
            until(f"{part} is shown", lambda: part in tree.text)
        writer.run("doc.getMap('plants').set('tomatoes', 13)")
        writer.run("doc.getMap('plants').set('beans', ['runner', 'broad'])")
        writer.insert("notes", 10, " twice a day")
        for part in ("13", "beans", "Water them twice a day"):
            until(f"{part} is shown", lambda: part in tree.text)
        self.assertNotIn("12", tree.text)

        # By keyboard.
        tree.evaluate("node.querySelector('[role=treeitem]').focus()")
        item = window.find("treeitem", re.compile("^notes"))
        window.type("n")
        self.assertTrue(item.evaluate("return node === document.activeElement"))
        window.press("ArrowLeft")
        inside = "return node.querySelectorAll('[role=treeitem]').length"
        until("it is closed", lambda: item.attribute("aria-expanded") == "false" and item.evaluate(inside) == 0)
        window.press("ArrowRight")
        until("it is open", lambda: item.attribute("aria-expanded") == "true" and item.evaluate(inside) == 1)

    def test_what_was_deleted_is_shown_on_demand(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "notes")
        writer.insert("body", 0, "Keep this. Not that.")
        window = self.window(relay, "#/rooms/notes")
        tree = window.find("tree", re.compile("What is in"))
        until("all is shown", lambda: "Not that." in tree.text)
        writer.run("doc.getText('body').delete(10, 10)")
        until("it is gone", lambda: "Not that." not in tree.text)
        window.find("switch", "Show what was deleted").click()
        until("it is shown as deleted", lambda: tree.evaluate(
            "return [...node.querySelectorAll('.is-deleted')].some(row => row.innerText.includes('Not that.'))"))
        self.assertIn("Keep this.", tree.text)
        window.find("switch", "Show what was deleted").click()
        until("it is gone again", lambda: "Not that." not in tree.text)

    def test_who_writes_is_listed_by_name_and_share(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "notes")
        writer.run("provider.awareness.setLocalStateField('user', { name: 'Grace', color: '#30bced' })")
        writer.insert("body", 0, "x" * 75)
        self.stock_client(relay, "notes").insert("body", 0, "y" * 25)
        window = self.window(relay, "#/rooms/notes?tab=clients")
        name = window.find("cell", re.compile("^Grace"))
        until("the share is shown", lambda: re.search(r"\b75\b.*75\.0 %", name.evaluate("return node.closest('tr').innerText")))


class HistoryTests(DashboardTestCase):

    def test_older_states_are_shown_and_restored_for_everybody(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "notes")
        writer.insert("body", 0, "First thoughts.")
        relay.wait_for_document("notes", lambda document: document.get("body") == "First thoughts.", "the first are stored")
        relay.pass_time(7200)
        writer.run("doc.transact(() => { doc.getText('body').delete(0, 5); doc.getText('body').insert(0, 'Second') })")
        relay.wait_for_document("notes", lambda document: document["body"] == "Second thoughts.", "the second are stored")
        relay.pass_time(3600)

        window, other = self.window(relay, "#/rooms/notes?tab=history"), self.window(relay, "#/rooms/notes")
        shown, changes = (window.find("region", name) for name in ("The document then", "What changed"))
        until("the newest is shown", lambda: "Second thoughts." in shown.text)
        until("what changed is told", lambda: changes.evaluate(
            "return [...node.querySelectorAll('del, ins')].map(part => `${part.localName} ${part.textContent}`).sort().join()"
        ) in ("del First,ins Second", "del Fir,ins Secon"))
        window.find("slider", "Moment").evaluate("node.focus()")
        window.press("Home")
        until("there is nothing at first", lambda: "The document is empty" in shown.text)
        window.button("Next moment").click()
        until("the first moment is shown", lambda: "First thoughts." in shown.text)
        # The address leads others there.
        until("the address says so", lambda: "update=1" in window.evaluate("return location.hash"))
        window.reload()
        until("the first moment is shown after a reload", lambda: "First thoughts." in shown.text)

        window.button("Restore this moment").click()
        window.button("Restore", within=window.find("dialog")).click()
        until("the writer has it", lambda: writer.text("body") == "First thoughts.")
        until("another window has it", lambda: "First thoughts." in other.text)
        # It is one more change: what was before is in the history still.
        until("the newest is shown", lambda: window.button("Newest").evaluate("return node.disabled")
              and "First thoughts." in shown.text)
        window.button("Previous moment").click()
        until("the state before it is found", lambda: "Second thoughts." in shown.text)

    def test_a_version_has_a_name_and_is_restored(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "notes")
        writer.insert("body", 0, "A draft.")
        window = self.window(relay, "#/rooms/notes?tab=history")
        shown = window.find("region", "The document then")
        until("it is shown", lambda: "A draft." in shown.text)
        window.field("Give this moment a name").fill("draft")
        window.button("Name it").click()
        window.button("Show version draft").wait()
        writer.run("doc.transact(() => { doc.getText('body').delete(0, 8); doc.getText('body').insert(0, 'Nonsense') })")
        until("the newest is shown", lambda: "Nonsense" in shown.text)
        window.button("Show version draft").click()
        until("the version is shown", lambda: "A draft." in shown.text and "Nonsense" not in shown.text)
        window.button("Restore version draft").click()
        window.button("Restore", within=window.find("dialog")).click()
        until("the writer has it", lambda: writer.text("body") == "A draft.")

    def test_who_wrote_what_is_told(self):
        relay = self.start_relay(has_tokens=True)
        root = relay.token("root", "*=admin")
        self.stock_client(relay, "notes", token=relay.token("ada", "*=write")).insert("body", 0, "Salt.")
        relay.wait_for_document("notes", lambda document: document["body"], "Ada's is stored", token=root)
        relay.pass_time(3600)
        bob = self.stock_client(relay, "notes", token=relay.token("bob", "*=write"))
        bob.insert("body", 4, " and pepper")
        relay.wait_for_document("notes", lambda document: "pepper" in document["body"], "Bob's is stored", token=root)
        self.expect_problems("status of 401")
        window = self.window(relay, "#/rooms/notes?tab=history", token=root)
        changes = window.find("region", "What changed")
        until("Bob's change is told", lambda: "bob" in changes.text and " and pepper" in changes.text and "+11" in changes.text)
        window.button("Previous moment").click()
        until("Ada's change is told", lambda: "ada" in changes.text and "Salt." in changes.text and "+5" in changes.text)
        self.assertNotIn("pepper", changes.text)


if __name__ == "__main__":
    unittest.main()
