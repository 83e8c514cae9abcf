"""Waiting for what comes in its own time. It is the only place where tests wait."""

import time

# Generous, since it is waited for only when something is wrong.
SECONDS_MAX = 40


def until(what, condition, seconds=SECONDS_MAX, ignoring=()):
    """Asks again and again until `condition()` is true, and returns what it was.

    Exceptions of the classes `ignoring` count as not yet.
    """
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except ignoring as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain until {what}; the last was {last!r}")
        time.sleep(0.02)
