"""Writing together: two windows and a stock client of Yjs, with connections and relays that come and go."""

import unittest

from case import OUTAGE, DashboardTestCase, at_once
from harness.waiting import until
from writing import (
    ROOT, call_oneself, editor, state, text, wait_until_equal, wait_until_stored, write_at_end)


class WriteTests(DashboardTestCase):

    def two_windows(self, relay, address="#/write/notes"):
        windows = self.window(relay, address), self.window(relay, address)
        for window in windows:
            editor(window).wait()
        return windows

    def test_two_write_at_different_places_at_the_same_time(self):
        relay = self.start_relay()
        stock = self.stock_client(relay, "notes")
        stock.insert(ROOT, 0, "Above\nMiddle\nBelow\n")
        ada, bob = self.two_windows(relay)
        wait_until_equal([ada, bob], [stock], ["Middle"])
        for window, key in ((ada, "Control+Home"), (bob, "Control+End")):
            editor(window).evaluate("node.focus()")
            window.press(key)
        bob.press("ArrowUp")
        bob.press("End")
        at_once(lambda: ada.type("One writes at the top. "), lambda: bob.type(", the other at the bottom"),
                lambda: stock.insert(ROOT, stock.text(ROOT).index("Middle") + 6, " is a third's"))
        self.assertEqual(
            "One writes at the top. Above\nMiddle is a third's\nBelow, the other at the bottom",
            wait_until_equal([ada, bob], [stock], ["the top. ", "bottom", "third's"]))
        wait_until_stored(ada, bob)

    def test_two_write_at_the_same_place_at_the_same_time(self):
        relay = self.start_relay()
        stock = self.stock_client(relay, "notes")
        ada, bob = self.two_windows(relay)
        upper, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789" * 3
        for window in (ada, bob):
            editor(window).evaluate("node.focus()")
        at_once(lambda: ada.type(upper), lambda: bob.type(digits))
        both = wait_until_equal([ada, bob], [stock], ["Z", "A"])
        until("nothing is on the way", lambda: len(text(ada)) == len(upper) + len(digits))
        both = wait_until_equal([ada, bob], [stock], ["Z"])
        # Whatever came between, what each wrote is in order.
        self.assertEqual(upper, "".join(letter for letter in both if letter.isalpha()))
        self.assertEqual(digits, "".join(letter for letter in both if letter.isdigit()))

    def test_cursors_have_names_and_follow(self):
        relay = self.start_relay()
        ada, bob = self.two_windows(relay)
        call_oneself(ada, "Ada Lovelace")
        write_at_end(ada, "The engine")
        caret = """
            const caret = [...document.querySelectorAll('.remote-caret')].find(
              node => node.querySelector('.flag').textContent === arguments[0])
            return caret && Math.round(caret.getBoundingClientRect().left)
        """
        end = """
            const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT)
            let last = null
            while (walker.nextNode()) last = walker.currentNode
            const range = document.createRange()
            range.selectNodeContents(last)
            return Math.round(range.getBoundingClientRect().right)
        """

        def is_at_end():
            place = bob.evaluate(caret, "Ada Lovelace")
            return place is not None and abs(place - editor(bob).evaluate(end)) <= 3
        until("Ada's cursor is behind what she wrote", lambda: text(bob) == "The engine" and is_at_end())
        write_at_end(ada, " weaves algebraic patterns")
        until("it has followed", lambda: text(bob).endswith("patterns") and is_at_end())
        bob.wait_for_text("Ada Lovelace")
        ada.go("#/")
        until("it goes with her", lambda: bob.evaluate(caret, "Ada Lovelace") is None)
        until("she is here no more", lambda: "Ada Lovelace" not in bob.text)

    def test_work_offline_and_a_relay_that_dies_lose_nothing(self):
        relay = self.start_relay()
        stock = self.stock_client(relay, "notes")
        ada, bob = self.two_windows(relay)
        write_at_end(ada, "Before. ")
        wait_until_equal([ada, bob], [stock], ["Before."])
        wait_until_stored(ada, bob)

        ada.find("switch", "Work offline").click()
        until("it says so", lambda: state(ada).startswith("Offline"))
        write_at_end(ada, "Ada was away. ")
        until("what waits is told", lambda: "wait" in state(ada) and ada.fact("Ahead") != "nothing waits here")
        self.assertEqual("not known without a connection", ada.fact("Behind"))
        write_at_end(bob, "Bob was there. ")
        wait_until_equal([bob], [stock], ["Bob was there."])
        wait_until_stored(bob)

        self.expect_problems(OUTAGE)
        relay.kill()
        until("Bob is told", lambda: state(bob).startswith("No connection"))
        write_at_end(bob, "Without a relay. ")
        until("what waits is told", lambda: "wait" in state(bob))
        self.assertNotIn("Bob", text(ada))
        relay.start()
        wait_until_equal([bob], [stock], ["Without a relay."])

        ada.find("switch", "Work offline").click()
        wait_until_equal([ada, bob], [stock], ["Before.", "Ada was away.", "Bob was there.", "Without a relay."])
        wait_until_stored(ada, bob)
        for window in (ada, bob):
            self.assertEqual(
                ["nothing waits here", "nothing is missing here", "all is stored", "all is kept"],
                [window.fact(name) for name in ("Ahead", "Behind", "At the relay", "In this browser")])

    def test_what_was_written_offline_outlives_a_reload(self):
        relay = self.start_relay()
        ada, bob = self.two_windows(relay)
        ada.find("switch", "Work offline").click()
        write_at_end(ada, "Kept in this browser")
        until("it is kept", lambda: ada.fact("In this browser") == "all is kept")
        ada.reload()
        wait_until_equal([ada, bob], [], ["Kept in this browser"])

    def test_undo_takes_back_only_what_is_ones_own(self):
        relay = self.start_relay()
        stock = self.stock_client(relay, "notes")
        ada, bob = self.two_windows(relay)
        write_at_end(ada, "Ada's words. ")
        wait_until_equal([ada, bob], [stock], ["Ada's words."])
        write_at_end(bob, "Bob's words.")
        wait_until_equal([ada, bob], [stock], ["Bob's words."])
        ada.button("Undo").click()
        until("Ada's are gone", lambda: text(bob) == "Bob's words.")
        wait_until_equal([ada, bob], [stock], ["Bob's words."])
        self.assertTrue(ada.button("Undo").evaluate("return node.disabled"))
        ada.button("Redo").click()
        wait_until_equal([ada, bob], [stock], ["Ada's words.", "Bob's words."])
        editor(ada).evaluate("node.focus()")
        ada.press("Control+z")
        until("Ada's are gone again", lambda: text(bob) == "Bob's words.")

    def test_formats_are_shared(self):
        relay = self.start_relay()
        stock = self.stock_client(relay, "notes")
        ada, bob = self.two_windows(relay)
        write_at_end(ada, "plain ")
        ada.press("Control+b")
        ada.type("bold")
        until("Bob sees it", lambda: editor(bob).evaluate(
            "const part = [...node.querySelectorAll('*')].find(part => part.textContent === 'bold' && part.children.length === 0);"
            "return part !== undefined && Number(getComputedStyle(part).fontWeight) >= 600"))
        self.assertIn(
            {"insert": "bold", "attributes": {"bold": True}}, stock.run(f"doc.getText('{ROOT}').toDelta()"))


if __name__ == "__main__":
    unittest.main()
