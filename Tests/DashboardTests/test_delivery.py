"""How the dashboard reaches browsers: its headers, and that it asks nobody but its relay."""

import unittest
from urllib.parse import urlsplit

from case import DashboardTestCase

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
PAGES = ("#/", "#/rooms", "#/rooms/notes?tab=tree", "#/rooms/notes?tab=history", "#/write", "#/write/notes", "#/activity",
         "#/activity/42", "#/notifications", "#/connection")


class DeliveryTests(DashboardTestCase):

    def test_the_page_may_do_nothing_but_what_it_does(self):
        relay = self.start_relay()
        status, headers, text = relay.fetch("/")
        self.assertEqual(200, status)
        self.assertEqual(POLICY, headers["content-security-policy"])
        self.assertEqual("no-cache", headers["cache-control"])
        self.assertEqual("nosniff", headers["x-content-type-options"])
        self.assertEqual("no-referrer", headers["referrer-policy"])
        self.assertTrue(headers["content-type"].startswith("text/html"))
        self.assertNotIn("{{", text)

    def test_all_that_it_is_made_of_comes_from_the_relay_and_is_kept_for_ever(self):
        relay = self.start_relay()
        self.stock_client(relay, "notes").insert("quill", 0, "Hello")
        window = self.window(relay)
        for address in PAGES[1:]:
            window.go(address)
        assets = {urlsplit(address).path for address in window.target.addresses if "/dashboard/" in address}
        answers = {path: relay.fetch(path)[:2] for path in assets}
        self.assertEqual({}, {
            path: (status, dict(headers)) for path, (status, headers) in answers.items()
            if status != 200 or headers["cache-control"] != "public, max-age=31536000, immutable"
            or headers["x-content-type-options"] != "nosniff"})
        types = {path.rpartition(".")[2]: headers["content-type"].partition(";")[0] for path, (_, headers) in answers.items()}
        self.assertEqual(
            {"js": "text/javascript", "css": "text/css", "wasm": "application/wasm", "svg": "image/svg+xml"}, types)
        self.assertEqual(1, len({path.split("/")[2] for path in assets}), "all assets are of one version")

    def test_a_browser_that_has_the_page_is_told_that_it_is_the_same(self):
        relay = self.start_relay()
        tag = relay.fetch("/")[1]["etag"]
        self.assertEqual((304, ""), relay.fetch("/", headers={"if-none-match": tag})[::2])
        self.assertEqual(200, relay.fetch("/", headers={"if-none-match": "\"other\""})[0])

    def test_an_address_of_another_version_has_nothing(self):
        relay = self.start_relay()
        for path in ("/dashboard/0123456789abcdef/app.js", "/dashboard/", "/dashboard/../app.js"):
            status, headers, _ = relay.fetch(path)
            self.assertEqual(404, status)
            self.assertNotIn("immutable", headers.get("cache-control", ""))

    def test_a_relay_may_have_no_dashboard(self):
        relay = self.start_relay("--no-dashboard")
        self.assertEqual(404, relay.fetch("/")[0])
        self.assertEqual([], relay.ask("/api/rooms"))
        client = self.stock_client(relay, "notes")
        client.insert("body", 0, "All else is as it was.")
        relay.wait_for_document("notes", lambda document: document["body"], "the room is stored")


if __name__ == "__main__":
    unittest.main()
