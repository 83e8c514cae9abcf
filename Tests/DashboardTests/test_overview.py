"""How the relay does, live."""

import json
import re
import unittest

from case import DashboardTestCase
from harness.waiting import until


def height(window, chart):
    """How high the lines of a chart go, in pixels."""
    return window.find("img", chart).evaluate(
        "return Math.max(...[...node.querySelectorAll('.chart-line')].map(line => line.getBBox().height))")


class OverviewTests(DashboardTestCase):

    def test_figures_and_charts_move_when_clients_write(self):
        relay = self.start_relay()
        window = self.window(relay)
        updates = re.compile("^Updates, the last")
        window.find("img", updates).wait()
        until("nobody writes", lambda: window.fact("Updates") == "0 /s")
        before = height(window, updates)
        writer = self.stock_client(relay, "load")

        def is_moving():
            for index in range(20):
                writer.insert("body", 0, f"{index} ")
            return float(window.fact("Updates").split()[0]) >= 5 and height(window, updates) > before + 20
        until("the figure and the line rise", is_moving)
        until("the writer is among those who are connected", lambda: int(window.fact("Connections")) >= 1)
        writer.close()
        until("the writer is gone", lambda: window.fact("Connections") == "0")

    def test_alerts_are_shown_as_they_fire_and_resolve(self):
        rules = self.folder() / "rules.json"
        rules.write_text(json.dumps([{
            "name": "long-queue", "application": "shop", "metric": "orders_waiting", "statistic": "value", "threshold": 100,
            "seconds": 1, "severity": "critical"}]))
        relay = self.start_relay("--alert-rules", str(rules))
        window = self.window(relay)
        alerts = window.find("region", "Alerts")
        until("nothing is wrong", lambda: "Nothing is wrong." in alerts.text)

        def measure(value):
            relay.ask("/api/metrics", {"application": "shop"}, [{"name": "orders_waiting", "kind": "gauge", "value": value}])
        measure(150)
        until("the alert fires", lambda: "1 alert is firing." in alerts.text)
        self.assertIn("long-queue", alerts.text)
        self.assertIn("critical", alerts.text)
        measure(3)
        until("the alert resolves", lambda: "Nothing is wrong." in alerts.text and "resolved" in alerts.text)

    def test_who_is_no_administrator_is_told_so_and_can_sign_in(self):
        relay = self.start_relay(has_tokens=True)
        self.expect_problems("status of 401", "status of 403")
        window = self.window(relay)
        window.wait_for_text("This needs a token")
        window.sign_in(relay.token("ada", "project:*=write"))
        window.wait_for_text("This needs other rights")
        self.assertNotIn("Who is connected", window.text)
        window.button("Sign out ada").click()
        window.sign_in(relay.token("root", "*=admin"))
        window.wait_for_text("Who is connected")
        self.assertNotIn("This needs other rights", window.text)


if __name__ == "__main__":
    unittest.main()
