"""What goes wrong: rights that are missing or end, documents that are large, and names that are no words."""

import unittest
from urllib.parse import quote

from case import OUTAGE, DashboardTestCase
from harness.waiting import until
from writing import ROOT, editor, state, text, wait_until_equal, wait_until_stored, write_at_end

MARKUP = '<img src=x onerror="window.isBroken=1"><b>bold'
# Whether it has become more than text.
BROKEN = "return window.isBroken ?? document.querySelector('img, b')?.outerHTML ?? null"
REFUSED = ("status of 401", "status of 403")


class RightsTests(DashboardTestCase):

    def test_a_token_that_expires_while_somebody_writes_loses_nothing(self):
        relay = self.start_relay(has_tokens=True)
        stock = self.stock_client(relay, "notes", token=relay.token("root", "*=admin"))
        self.expect_problems(*REFUSED, OUTAGE)
        window = self.window(relay, "#/write/notes", token=relay.token("ada", "*=write", lifetime="12s"))
        write_at_end(window, "In time. ")
        wait_until_equal([window], [stock], ["In time."])
        window.wait_for_text("Your token has expired")
        write_at_end(window, "Too late. ")
        until("what is not shared is told", lambda: state(window).startswith("Not shared"))
        window.wait_for_text("What you write stays here")
        self.assertNotIn("Too late", stock.text(ROOT))
        window.sign_in(relay.token("ada", "*=write"), button="Sign in")
        wait_until_equal([window], [stock], ["In time. Too late."])
        wait_until_stored(window)
        self.assertNotIn("expired", window.text)

    def test_a_room_that_may_not_be_opened_is_said_to_be(self):
        relay = self.start_relay(has_tokens=True)
        self.stock_client(relay, "secret", token=relay.token("root", "*=admin")).insert(ROOT, 0, "Nobody else reads this")
        self.expect_problems(*REFUSED, OUTAGE)
        window = self.window(relay, "#/write/secret", token=relay.token("ada", "project:*=write"))
        window.wait_for_text("The relay does not allow that in this room")
        for address in ("#/rooms/secret", "#/rooms/secret?tab=history", "#/rooms"):
            window.go(address)
            window.wait_for_text("This needs other rights")
        self.assertNotIn("Nobody else", window.text)
        for address in ("#/activity/secret", "#/notifications", "#/"):
            window.go(address)
        window.wait_for_text("This needs other rights")
        self.assertNotIn("secret", window.text)

    def test_who_may_only_read_reads_along(self):
        relay = self.start_relay(has_tokens=True)
        stock = self.stock_client(relay, "notes", token=relay.token("root", "*=admin"))
        stock.insert(ROOT, 0, "To be read")
        self.expect_problems(*REFUSED, OUTAGE)
        window = self.window(relay, "#/write/notes", token=relay.token("ada", "notes=read"))
        window.wait_for_text("You may read here, and not write")
        wait_until_equal([window], [stock], ["To be read"])
        write_at_end(window, "no")
        stock.insert(ROOT, 10, ", and read on")
        wait_until_equal([window], [stock], ["To be read, and read on"])
        self.assertEqual("To be read, and read on", text(window))


class LargeDocumentTests(DashboardTestCase):

    def test_a_document_of_5_megabytes_can_be_written_in(self):
        relay = self.start_relay("--limit", "bytes-per-second=64MiB")
        stock = self.stock_client(relay, "large")
        stock.run(f"""(() => {{
          const line = 'The quick brown fox jumps over the lazy dog, again and again and again. '
          doc.getText('{ROOT}').insert(0, Array.from({{ length: 68_000 }}, (_, index) => line + index).join('\\n'))
          return doc.getText('{ROOT}').length
        }})()""")
        self.assertGreater(stock.run(f"doc.getText('{ROOT}').length"), 5_000_000)
        relay.wait_for_document("large", lambda document: len(document[ROOT]) > 5_000_000, "it is stored")
        window = self.window(relay, "#/write/large")
        until("it is shown", lambda: "lazy dog" in editor(window, "large").evaluate("return node.textContent.slice(0, 1000)"))
        editor(window, "large").evaluate("node.focus()")
        window.press("Control+Home")
        window.type("A word before all. ")
        until("others have it", lambda: stock.run(f"doc.getText('{ROOT}').toString().slice(0, 19)") == "A word before all. ")
        wait_until_stored(window)
        stock.insert(ROOT, 0, "And one more. ")
        until("the window has it", lambda: editor(window, "large").evaluate(
            "return node.textContent.slice(0, 14)") == "And one more. ")
        window.go("#/rooms/large")
        tree = window.find("tree")
        until("it is in the tree", lambda: "And one more." in tree.text)
        window.go("#/rooms/large?tab=history")
        window.find("region", "The document then").wait()


class NamesTests(DashboardTestCase):

    def test_markup_in_names_is_text(self):
        relay = self.start_relay()
        # As a browser escapes it in an address, which the relay takes for the name.
        room = "project:" + quote(MARKUP, safe="=")
        writer = self.stock_client(relay, room)
        writer.run("provider.awareness.setLocalStateField('user', { name: %r, color: 'red;}' })" % MARKUP)
        writer.insert(ROOT, 0, MARKUP)
        writer.run("doc.getMap(%r).set(%r, %r)" % (MARKUP, MARKUP, MARKUP))
        relay.wait_for_document(room, lambda document: document[ROOT] and document[MARKUP], "it is stored")
        relay.ask("/api/versions", body={"room": room, "name": MARKUP})
        relay.ask("/api/activity", body={"room": room, "kind": "said", "text": MARKUP, "path": MARKUP, "user": MARKUP})
        relay.ask("/api/notifications", {"user": MARKUP},
                  {"category": "system", "title": MARKUP, "body": MARKUP, "sender": MARKUP, "room": room})
        address, project = (quote(name, safe="") for name in (room, room.removeprefix("project:")))
        window = self.window(relay, "#/rooms")
        for page in ("rooms", f"rooms/{address}", f"rooms/{address}?tab=clients", f"rooms/{address}?tab=history", "write",
                     f"write/{address}", "activity", f"activity/{project}"):
            window.evaluate("location.hash = `#/${arguments[0]}`", page)
            until(f"the name is to be seen on {page}", lambda: "onerror" in window.text)
            self.assertIsNone(window.evaluate(BROKEN), page)
        window.go("#/notifications")
        window.field("User").fill(MARKUP)
        window.button("Show").click()
        until("it is told", lambda: window.text.count("onerror") >= 3)
        self.assertIsNone(window.evaluate(BROKEN))


if __name__ == "__main__":
    unittest.main()
