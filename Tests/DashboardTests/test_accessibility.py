"""All pages by keyboard, with a screen reader, on a phone, and for those who do not see well."""

import unittest

from case import DashboardTestCase
from harness.accessibility import go_to_beginning, keyboard_problems, problems_of, tree_problems, width_problems
from harness.waiting import until
from writing import ROOT

# Each with what is to be seen before it is looked at.
PAGES = (
    ("#/", "Who is connected"), ("#/rooms", "project:garden"), ("#/rooms/project%3Agarden", "the beans"),
    ("#/rooms/project%3Agarden?tab=clients", "Units written"), ("#/rooms/project%3Agarden?tab=pending", "Nothing waits"),
    ("#/rooms/project%3Agarden?tab=copies", "Copies"), ("#/rooms/project%3Agarden?tab=history", "The document then"),
    ("#/rooms/nothing-here", "There is no such room"), ("#/write", "Rooms of this relay"),
    ("#/write/project%3Agarden", "the beans"), ("#/write/project%3Agarden?tab=outline", "Current item"),
    ("#/activity", "Open a project"), ("#/activity/garden", "the beans"), ("#/notifications", "The beans are ripe"),
    ("#/notifications/preferences", "Quiet hours"), ("#/connection", "Latency"), ("#/no-such-page", "No such page"),
)


class AccessibilityTests(DashboardTestCase):

    def check(self, window, name, *, has_widths=True):
        """Looks at what a window shows, in light and in dark, in much room and in little."""
        found = []
        for colours in ("light", "dark"):
            window.use_colours(colours)
            found += [f"{colours}: {problem}" for problem in problems_of(window)]
        found += tree_problems(window) + keyboard_problems(window)
        if has_widths:
            found += width_problems(window)
        with self.subTest(name):
            self.assertFalse(found, "\n".join(["", *found]))

    def test_every_page_can_be_used_by_everybody(self):
        relay = self.start_relay()
        writer = self.stock_client(relay, "project:garden")
        writer.insert(ROOT, 0, "Water the beans\n")
        writer.run(f"doc.getText('{ROOT}').format(0, 5, {{ bold: true }})")
        writer.run("provider.awareness.setLocalStateField('user', { name: 'Grace Hopper', color: '#30bced' })")
        writer.run("""(() => {
          const items = ['Sow', 'Harvest'].map(text => {
            const item = new Y.XmlElement('item')
            item.insert(0, [new Y.XmlText(text)])
            return item
          })
          doc.getXmlFragment('outline').insert(0, items)
        })()""")
        relay.wait_for_document("project:garden", lambda document: document.get("outline"), "all is stored")
        relay.ask("/api/versions", body={"room": "project:garden", "name": "spring"})
        relay.ask("/api/notifications", {"user": "ada"}, {"category": "system", "title": "The beans are ripe", "sender": "garden"})
        window = self.window(relay, "#/notifications")
        window.field("User").fill("ada")
        window.button("Show").click()
        for address, text in PAGES:
            window.go(address)
            until(f"{text} is on {address}", lambda: text in window.text or text in window.evaluate(
                "return [...document.querySelectorAll('main [aria-label]')].map(node => node.ariaLabel).join()"))
            self.check(window, address)

    def test_dialogs_notices_and_who_may_not_can_be_used_by_everybody(self):
        relay = self.start_relay(has_tokens=True)
        self.expect_problems("status of 401", "status of 403")
        window = self.window(relay)
        window.wait_for_text("This needs a token")
        self.check(window, "not signed in")
        window.button("Sign in with a token").click()
        field = window.field("Token").wait()
        self.assertTrue(field.evaluate("return node === document.activeElement"))
        window.press("Escape")
        window.find("dialog").wait_gone()
        self.assertEqual("Sign in with a token", window.evaluate("return document.activeElement.computedName"))
        window.press("Enter")
        field.wait()
        self.check(window, "signing in", has_widths=False)

    def test_the_skip_link_leads_to_the_content(self):
        window = self.window(self.start_relay(), "#/rooms")
        go_to_beginning(window)
        window.press("Tab")
        skip = window.link("Skip to the content")
        self.assertTrue(skip.evaluate("return node === document.activeElement"))
        window.press("Enter")
        until("the content has the focus", lambda: window.evaluate(
            "return document.getElementById('main').contains(document.activeElement)"))
        self.assertEqual("Rooms", window.find("heading", level=1).text)

    def test_the_checks_find_what_is_wrong(self):
        window = self.window(self.start_relay(), "#/no-such-page")
        window.evaluate("""
          const page = document.querySelector('.page')
          const add = (tag, text, style = {}, attributes = {}) => {
            const node = document.createElement(tag)
            node.textContent = text
            Object.assign(node.style, style)
            for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
            page.append(node)
            return node
          }
          add('button', '')
          add('input', '')
          add('div', 'Custom', {}, { tabindex: 0 })
          add('p', 'Pale', { color: '#999', background: 'color-mix(in oklab, white 90%, black)' })
          add('h4', 'Too deep')
          add('canvas', '', { width: '900px' })
          add('button', 'Unmarked', { outline: 'none' })
          add('button', 'Tiny', { minHeight: '0', height: '12px', padding: '0', order: '-1' })
          add('button', 'Trap').addEventListener('keydown', event => event.preventDefault())
          add('button', 'Behind the trap')
          add('a', 'Nowhere', {}, { href: '#/', 'aria-describedby': 'nothing' })
        """)
        found = "\n".join(problems_of(window) + tree_problems(window) + keyboard_problems(window) + width_problems(window))
        for part in ("<button> \"\" (button) has no name", "<input> \"\" has no label", "\"Custom\" takes the focus but has no role",
                     "\"Pale\": text has a contrast of 2.1", "headings leave a level out: 1,4", "<canvas> \"\" says nothing",
                     "button \"Unmarked\" does not show", "\"Tiny\" is too small", "Tab does not get to the end",
                     "refers by aria-describedby to nothing", "wide at 360"):
            with self.subTest(part):
                self.assertIn(part, found)


if __name__ == "__main__":
    unittest.main()
