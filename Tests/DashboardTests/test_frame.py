"""What is around all pages: signing in, themes, and a relay that goes away."""

import re
import unittest

from case import OUTAGE, DashboardTestCase


class FrameTests(DashboardTestCase):

    def test_a_page_that_loses_its_relay_says_so_and_recovers(self):
        relay = self.start_relay()
        window = self.window(relay)
        window.link("Connected").wait()
        self.expect_problems(OUTAGE)
        relay.kill()
        window.wait_for_text("The relay does not answer")
        window.wait_for_text(re.compile(r"asked again in \d+ s"))
        window.link("No answer").wait()
        relay.start()
        window.link("Connected").wait()
        self.assertNotIn("does not answer", window.text)

    def test_the_token_is_kept_for_the_tab_and_goes_with_signing_out(self):
        relay = self.start_relay(has_tokens=True)
        window = self.window(relay)
        self.expect_problems("401")
        window.sign_in(relay.token("ada", "*=admin"))
        window.reload()
        window.button("Sign out ada").click()
        window.button("Sign in with a token").wait()
        window.reload()
        window.button("Sign in with a token").wait()
        self.assertNotIn("ada", window.text)


if __name__ == "__main__":
    unittest.main()
