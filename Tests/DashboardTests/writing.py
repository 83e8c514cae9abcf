"""Writing together, as people do it: what several tests have in common."""

from harness.waiting import until

# What editors made with Yjs call the root that they write to.
ROOT = "quill"


def editor(window, room="notes"):
    """The text of a room."""
    return window.field(f"Text of {room}")


def text(window, room="notes"):
    """What is written in the text, line by line."""
    return editor(window, room).evaluate(
        "return [...node.querySelectorAll('.rich-line')].map(line => line.textContent).join('\\n')").strip("\n")


def write_at_end(window, words, room="notes"):
    editor(window, room).evaluate("node.focus()")
    window.press("Control+End")
    window.type(words)


def call_oneself(window, name):
    """Chooses the name by which others see one's cursor."""
    details = window.button("Your name and colour")
    details.click()
    window.field("Your name").fill(name)
    window.press("Enter")
    window.wait_for_text(f"{name} (you)")
    details.click()


def state(window):
    """How the document stands towards the relay, in words."""
    return window.evaluate("return document.querySelector('.write-bar .state').textContent")


def wait_until_equal(windows, clients, words, room="notes"):
    """Waits until all windows and stock clients have the same text, and that has all of some words."""
    def are_equal():
        texts = [text(window, room) for window in windows] + [client.text(ROOT).strip("\n") for client in clients]
        return texts[0] if len(set(texts)) == 1 and all(word in texts[0] for word in words) else None
    return until(f"all have {words}", are_equal)


def wait_until_stored(*windows):
    for window in windows:
        until("everything is stored", lambda: state(window) == "Everything is stored")
