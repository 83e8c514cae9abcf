"""What users are told: as it comes, and afterwards."""

import re
import unittest

from case import DashboardTestCase
from harness.waiting import until


class NotificationTests(DashboardTestCase):

    def notify(self, relay, user, title, **parts):
        outcome = relay.ask(
            "/api/notifications", {"user": user}, {"category": "user-action", "title": title, **parts}, token=relay.tokens[0])
        self.assertEqual("delivered", outcome["outcome"])

    def unread(self, window):
        """How many are unread, as the navigation says."""
        name = window.find("link", re.compile("^Notifications")).evaluate("return node.computedName")
        return int(re.search(r"(\d+) unread|$", name)[1] or 0)

    def test_notifications_pop_up_are_counted_and_are_there_after_a_reload(self):
        relay = self.start_relay(has_tokens=True)
        relay.token("root", "*=admin")
        self.expect_problems("status of 401")
        ada = relay.token("ada", "project:*=write", "user:ada=write", "notifications:ada=read")
        self.expect_problems("status of 403")
        window = self.window(relay, "#/no-such-page", token=ada)
        self.notify(relay, "ada", "An older one")
        window.find("link", "An older one").wait()
        until("it is counted", lambda: self.unread(window) == 1)
        self.notify(relay, "ada", "Bob mentioned you", body="In the minutes", sender="bob")
        toast = window.find("article", None)
        until("it pops up", lambda: "Bob mentioned you" in window.text and "In the minutes" in window.text)
        until("both are counted", lambda: self.unread(window) == 2)
        window.button("Dismiss", within=toast).click()
        window.go("#/notifications")
        window.reload()
        window.wait_for_text("Bob mentioned you")
        window.wait_for_text("In the minutes")
        until("both are counted still", lambda: self.unread(window) == 2)
        window.button("Mark as read: Bob mentioned you").click()
        until("one is left", lambda: self.unread(window) == 1)
        window.reload()
        window.wait_for_text("An older one")
        self.assertNotIn("Bob mentioned you", window.text)
        window.button("Read").click()
        window.wait_for_text("Bob mentioned you")
        until("one is left after a reload", lambda: self.unread(window) == 1)

    def test_what_one_device_marks_is_marked_on_the_other(self):
        relay = self.start_relay(has_tokens=True)
        token = relay.token("ada", "*=admin")
        self.expect_problems("status of 401")
        self.notify(relay, "ada", "Lunch", sender="bob")
        desk, phone = self.window(relay, token=token), self.window(relay, token=token, width=390, height=844)
        for window in (desk, phone):
            until("it is counted", lambda: self.unread(window) == 1)
        desk.go("#/notifications")
        desk.button("Archive: Lunch").click()
        until("it is counted no more", lambda: self.unread(phone) == 0)

    def test_without_tokens_anybody_may_say_who_they_are(self):
        relay = self.start_relay()
        window = self.window(relay, "#/notifications")
        window.field("User").fill("grace")
        window.button("Show").click()
        window.wait_for_text(re.compile("What grace is told"))
        relay.ask("/api/notifications", {"user": "grace"}, {"category": "system", "title": "The relay was updated"})
        window.wait_for_text("The relay was updated")


if __name__ == "__main__":
    unittest.main()
