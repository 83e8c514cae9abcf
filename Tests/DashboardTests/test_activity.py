"""Who does what in a project, as it happens."""

import re
import unittest

from case import DashboardTestCase
from harness.waiting import until


class ActivityTests(DashboardTestCase):

    def test_what_is_done_appears_at_once_and_is_found(self):
        relay = self.start_relay(has_tokens=True)
        root, bob = relay.token("root", "*=admin"), relay.token("bob", "project:*=write")
        self.expect_problems("status of 401")
        window = self.window(relay, "#/activity", token=root)
        window.field("Project").fill("garden")
        window.button("Show activity").click()
        window.wait_for_text("Nothing has been done here yet")
        writer = self.stock_client(relay, "project:garden", token=bob)
        window.wait_for_text(re.compile(r"bob\s+joined"))
        writer.insert("notes", 0, "Water the tomatoes")
        window.wait_for_text("Water the tomatoes")
        window.wait_for_text(re.compile(r"bob\s+edited"))
        relay.ask("/api/activity", body={"room": "project:garden", "kind": "harvested", "text": "two kilos of beans"}, token=root)
        window.wait_for_text("two kilos of beans")

        search = window.find("searchbox", "Search")
        search.fill("bean")
        until("only what matches is shown", lambda: "two kilos" in window.text and "tomatoes" not in window.text)
        self.assertIn("search=bean", window.evaluate("return location.hash"))
        search.fill("rhubarb")
        window.wait_for_text("Nothing matches")
        search.fill("")
        window.wait_for_text("Water the tomatoes")
        window.button("bob", within=window.find("region", "Timeline")).click()
        until("only what bob did is shown", lambda: "two kilos" not in window.text and "tomatoes" in window.text)
        self.assertIn("user=bob", window.evaluate("return location.hash"))


if __name__ == "__main__":
    unittest.main()
