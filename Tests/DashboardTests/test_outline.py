"""An outline that two windows change at once, and that a stock client of Yjs reads."""

import unittest

from case import DashboardTestCase, at_once
from harness.waiting import until

# What is to be seen, line by line: how deep an item is, whether it is done, and what it says.
ITEMS = """
return [...document.querySelectorAll('.outline-item')].filter(node => node.checkVisibility()).map(node => [
  Number(node.dataset.level), node.querySelector('input[type=checkbox]').checked, node.querySelector('textarea').value])
"""
# The same of a document of Yjs.
STOCK_ITEMS = """(() => {
  const items = (parent, level) => parent.toArray().filter(node => node.nodeName === 'item').flatMap(node => [
    [level, node.getAttribute('checked') === 'true', node.toArray().filter(part => part instanceof Y.XmlText).join('')],
    ...items(node, level + 1)])
  return items(doc.getXmlFragment('outline'), 1)
})()"""


class OutlineTests(DashboardTestCase):

    def setUp(self):
        super().setUp()
        relay = self.start_relay()
        self.stock = self.stock_client(relay, "plan")
        self.ada, self.bob = (self.window(relay, "#/write/plan?tab=outline") for _ in range(2))

    def wait_for(self, *items):
        def are_equal():
            states = [window.evaluate(ITEMS) for window in (self.ada, self.bob)] + [self.stock.run(STOCK_ITEMS)]
            return states[0] == states[1] == states[2] and states[0] == [list(item) for item in items]
        try:
            until(f"all have {items}", are_equal)
        except AssertionError:
            self.assertEqual([list(item) for item in items], self.ada.evaluate(ITEMS))
            self.assertEqual(self.ada.evaluate(ITEMS), self.bob.evaluate(ITEMS))
            self.assertEqual(self.ada.evaluate(ITEMS), self.stock.run(STOCK_ITEMS))
            raise

    def focus(self, window, number):
        window.evaluate(
            "const field = document.querySelectorAll('.outline-item textarea')[arguments[0]]; field.focus();"
            "field.setSelectionRange(field.value.length, field.value.length)", number)

    def test_two_change_its_structure_at_once(self):
        self.ada.button("Add the first item").click()
        self.ada.type("Shopping\nBread\nMilk\nGarden")
        self.wait_for((1, False, "Shopping"), (1, False, "Bread"), (1, False, "Milk"), (1, False, "Garden"))
        self.focus(self.ada, 1)
        self.focus(self.bob, 3)

        def shop():
            self.ada.press("Tab")
            self.ada.type(", dark")
            self.ada.press("ArrowDown")
            self.ada.press("Tab")

        def dig():
            self.bob.type(" work")
            self.bob.press("Control+Enter")
            self.bob.press("Enter")
            self.bob.type("Tools")
            self.bob.press("Tab")
        at_once(shop, dig)
        self.wait_for((1, False, "Shopping"), (2, False, "Bread, dark"), (2, False, "Milk"),
                      (1, True, "Garden work"), (2, False, "Tools"))
        # What a client of Yjs writes is an item like any other.
        self.stock.run("""(() => {
          const item = new Y.XmlElement('item')
          item.insert(0, [new Y.XmlText('Water the beans')])
          doc.getXmlFragment('outline').get(1).push([item])
        })()""")
        self.wait_for((1, False, "Shopping"), (2, False, "Bread, dark"), (2, False, "Milk"),
                      (1, True, "Garden work"), (2, False, "Tools"), (2, False, "Water the beans"))

    def test_two_write_in_one_item_and_move_it(self):
        self.ada.button("Add the first item").click()
        self.ada.type("one\ntwo\nthree")
        self.wait_for((1, False, "one"), (1, False, "two"), (1, False, "three"))
        self.focus(self.ada, 0)
        self.focus(self.bob, 0)
        at_once(lambda: self.ada.type("AAAA"), lambda: self.bob.type("1111"))
        until("both are there", lambda: len(self.stock.run(STOCK_ITEMS)[0][2]) == 11)
        [[_, _, mixed], *_] = self.stock.run(STOCK_ITEMS)
        self.wait_for((1, False, mixed), (1, False, "two"), (1, False, "three"))
        self.focus(self.bob, 2)
        self.bob.press("Alt+ArrowUp")
        self.wait_for((1, False, mixed), (1, False, "three"), (1, False, "two"))
        # The caret stays in what was moved.
        self.bob.type("!")
        self.wait_for((1, False, mixed), (1, False, "three!"), (1, False, "two"))

    def test_undo_takes_back_only_ones_own_structure(self):
        self.ada.button("Add the first item").click()
        self.ada.type("Ada's")
        self.wait_for((1, False, "Ada's"))
        self.focus(self.bob, 0)
        self.bob.press("Enter")
        self.bob.type("Bob's")
        self.wait_for((1, False, "Ada's"), (1, False, "Bob's"))
        self.focus(self.ada, 0)
        self.ada.press("Control+Enter")
        self.wait_for((1, True, "Ada's"), (1, False, "Bob's"))
        self.ada.button("Undo").click()
        self.wait_for((1, False, "Ada's"), (1, False, "Bob's"))


if __name__ == "__main__":
    unittest.main()
