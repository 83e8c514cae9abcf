"""Whether a page can be used by keyboard, with a screen reader, on a small screen, and by those who do not see well."""

from pathlib import Path

CHECKS = Path(__file__).with_name("accessibility.js").read_text()

# Where the focus is, whether that is to be seen, and whether it is behind what had it before.
FOCUS = """
const node = document.activeElement
if (node === null || node === document.body || node === document.documentElement) return null
const last = window.lastFocus?.isConnected ? window.lastFocus : null
window.lastFocus = node
const hasOutline = node => {
  const { outlineStyle, outlineWidth } = getComputedStyle(node)
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1
}
// What is around it, or the first thing in it, may show it as well.
const around = [node.firstElementChild, node]
for (let at = node; around.length < 8 && at.parentElement; at = at.parentElement) around.push(at.parentElement)
const { top, left, bottom, right, width, height } = node.getBoundingClientRect()
const x = Math.min(Math.max((left + right) / 2, 1), innerWidth - 1), y = Math.min(Math.max((top + bottom) / 2, 1), innerHeight - 1)
const hit = document.elementFromPoint(x, y)
window.lastFocusNumbers ??= new WeakMap()
if (!window.lastFocusNumbers.has(node)) window.lastFocusNumbers.set(node, window.lastFocusNumber = (window.lastFocusNumber ?? 0) + 1)
return {
  number: window.lastFocusNumbers.get(node),
  name: `${node.computedRole} ${JSON.stringify(node.computedName)}`,
  isMarked: around.some(node => node !== null && hasOutline(node)),
  takesTab: node.matches('textarea, [aria-multiline=true]'),
  isOnScreen: width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
  isCovered: hit !== null && !node.contains(hit) && !hit.contains(node) && !(node.labels && [...node.labels].some(label => label.contains(hit))),
  isBehind: last === null || last === node || (last.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
}
"""

# What Tab has to reach: of radio buttons one of a group.
STOPS = """
const groups = new Set()
const within = document.querySelector('dialog[open]') ?? document
return [...within.querySelectorAll('a[href], button, input, select, textarea, summary, [contenteditable], [tabindex]')].filter(node =>
  node.tabIndex >= 0 && !node.disabled && node.checkVisibility({ visibilityProperty: true }) && !node.closest('[inert]')
  && !node.parentElement.closest('[contenteditable]')
  && !(node.type === 'radio' && (groups.has(node.name) || !groups.add(node.name)))).length
"""

TOUCH_TARGETS = """
return [...document.querySelectorAll('button, select, summary, input:not([type=hidden]), nav a, [role=button], [role=tab]')].filter(node => {
  if (!node.checkVisibility({ visibilityProperty: true })) return false
  return ![node, ...node.labels ?? []].some(target => {
    const { width, height } = target.getBoundingClientRect()
    return (width >= 24 && height >= 24) || width === 1
  })
}).map(node => `${node.localName} ${JSON.stringify(node.computedName)} is too small to be touched`)
"""


def problems_of(window):
    """What is wrong with a page as it is now."""
    return window.evaluate(CHECKS)


def tree_problems(window):
    """What is wrong with what screen readers are given."""
    problems = []
    for node in window.target.call("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        name = node.get("name", {}).get("value", "").strip()
        if not node["ignored"] and not name and role in (
                "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "slider", "switch", "tab", "image",
                "img", "graphics-document", "dialog", "region", "navigation", "treeitem", "tabpanel", "RootWebArea"):
            problems.append(f"{role} {node['nodeId']} has no name")
    return problems


def go_to_beginning(window):
    """Has Tab begin at the beginning of the page. It goes on from where something had the focus last."""
    window.evaluate("""
        scrollTo(0, 0)
        getSelection().removeAllRanges()
        delete window.lastFocus
        delete window.lastFocusNumbers
        window.lastFocusNumber = 0
        const start = document.createElement('span')
        start.tabIndex = -1
        const within = document.querySelector('dialog[open]') ?? document.body
        within.prepend(start)
        start.focus()
        start.remove()
    """)


def keyboard_problems(window):
    """What is wrong when the page is walked through by Tab, from its beginning."""
    stops = window.evaluate(STOPS)
    go_to_beginning(window)
    problems, visited = [], []
    # Pages change while they are walked through, so there may be a few more.
    for _ in range(stops + 20):
        # Where Tab indents, Escape is the way out, which the page says.
        if visited and visited[-1]["takesTab"]:
            window.press("Escape")
        window.press("Tab")
        focus = window.evaluate(FOCUS)
        if focus is None or focus["number"] == 1 and visited:
            break
        visited.append(focus)
        name = focus["name"]
        if not focus["isMarked"]:
            problems.append(f"{name} does not show that it has the focus")
        if not focus["isOnScreen"]:
            problems.append(f"{name} has the focus out of sight")
        elif focus["isCovered"]:
            problems.append(f"{name} has the focus behind something else")
        if not focus["isBehind"]:
            problems.append(f"{name} has the focus before what stands in front of it")
    else:
        problems.append(f"Tab does not get to the end; it was last at {[focus['name'] for focus in visited[-4:]]}")
    reached = len({focus["number"] for focus in visited})
    if reached < stops:
        problems.append(f"Tab reaches {reached} of {stops}: {[focus['name'] for focus in visited]}")
    return problems


def width_problems(window):
    """What is wrong when there is little room: on a small phone, and at 200 %."""
    problems = []
    for width, height, scale in ((360, 740, 1), (640, 400, 2)):
        window.resize(width, height, scale)
        wide = window.evaluate(
            "const { scrollWidth, clientWidth } = document.documentElement; return scrollWidth > clientWidth ? scrollWidth : 0")
        if wide:
            problems.append(f"it is {wide} wide at {width}, as are " + str(window.evaluate(
                "return [...document.querySelectorAll('main *')].filter(node => node.getBoundingClientRect().right > innerWidth)"
                ".slice(0, 4).map(node => `${node.localName}.${node.className}`)")))
        if width == 360:
            problems += window.evaluate(TOUCH_TARGETS)
    window.resize(1280, 800)
    return problems
