"""A browser, its windows, and what is in them, found as people find it: by role and name, or by what is written there."""

import os
import re
import shutil
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException)
from selenium.webdriver.chrome.service import Service

from .devtools import Devtools
from .waiting import until

FINDING = Path(__file__).with_name("finding.js").read_text()
PASSING = (ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException, IndexError)

# What the browser needs to know of keys that are no characters.
KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, "Space": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37,
    "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Backspace": 8, "Delete": 46,
}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}


class Browser:
    """One Chromium, in which each window shares nothing with others."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        words = ["headless=new", "disable-gpu", "disable-dev-shm-usage", "force-prefers-reduced-motion",
                 "enable-blink-features=ComputedAccessibilityInfo", "hide-scrollbars"]
        # Chromium's sandbox cannot be had by root, as in containers.
        if os.geteuid() == 0:
            words.append("no-sandbox")
        for word in words:
            options.add_argument(f"--{word}")
        driver = shutil.which("chromedriver")
        self.driver = webdriver.Chrome(options=options, service=Service(driver) if driver else None)
        self._devtools = Devtools(self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"])

    def open(self, url, width=1280, height=800):
        return Window(self.driver, self._devtools.open(width, height), url, width, height)

    def close(self):
        self._devtools.close()
        self.driver.quit()


class Window:
    """A window of the dashboard of one relay."""

    def __init__(self, driver, target, url, width, height):
        self._driver = driver
        self.target = target
        self.url = url
        self.resize(width, height)

    def _turn_to(self):
        self._driver.switch_to.window(self.target.identifier)

    # MARK: What it shows

    def open(self, address="#/"):
        """Loads the dashboard at an address, and waits until it shows a page."""
        self._turn_to()
        self._driver.get(f"{self.url}/{address}")
        self.find("heading", level=1).wait()
        return self

    def go(self, address):
        """Goes to another page, as a link does."""
        self.evaluate("window.leftTitle = document.querySelector('h1'); location.hash = arguments[0]", address)
        until(f"{address} is shown", lambda: self.evaluate(
            "const title = document.querySelector('h1'); return title !== null && title !== window.leftTitle"))
        return self

    def reload(self):
        self._turn_to()
        self._driver.refresh()
        self.find("heading", level=1).wait()

    def close(self):
        self.target.close()

    def resize(self, width, height, scale=1):
        """Makes it as large as a screen of so many CSS pixels. A scale of 2 is what zooming to 200 % does."""
        self.target.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def use_colours(self, scheme):
        """Asks for colours as a system that is `light` or `dark`."""
        self.target.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def evaluate(self, script, *arguments):
        """What a function of this body returns in the page."""
        self._turn_to()
        return self._driver.execute_script(script, *arguments)

    def save_screenshot(self, path):
        self._turn_to()
        self._driver.save_screenshot(str(path))

    @property
    def text(self):
        """All text that is to be seen."""
        return self.evaluate("return document.body.innerText")

    def wait_for_text(self, text):
        """Waits until a text or what matches a pattern is to be seen."""
        if isinstance(text, re.Pattern):
            return until(f"{text.pattern} is to be seen", lambda: text.search(self.text))
        return until(f"{text!r} is to be seen", lambda: text in self.text)

    def fact(self, name):
        """What a list of terms says of one of them; None when it is not there."""
        return self.evaluate(
            "return [...document.querySelectorAll('dt')].find(term => term.textContent === arguments[0])"
            "?.nextElementSibling.textContent", name)

    # MARK: What is in it

    def find(self, role, name=None, within=None, level=None):
        """What has a role, and a name or one that matches a pattern. Is looked for only when something is done with it."""
        return Found(self, role, name, within, level)

    def button(self, name, within=None):
        return self.find("button", name, within)

    def link(self, name, within=None):
        return self.find("link", name, within)

    def field(self, name, within=None):
        return self.find("textbox", name, within)

    # MARK: Keys. Several windows may be typed in at the same time.

    def type(self, text):
        """Types where the focus is, a key after another."""
        for character in text:
            if character == "\n":
                self.press("Enter")
            else:
                self.target.call("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
                self.target.call("Input.dispatchKeyEvent", type="keyUp", key=character)

    def press(self, keys, times=1):
        """Presses keys, as in `Control+Shift+z`."""
        *modifiers, key = keys.split("+")
        # A key with Control writes nothing.
        writes = {"Enter": "\r", "Space": " "}.get(key)
        code = KEYS.get(key) or ord(key.upper())
        event = {
            "key": " " if key == "Space" else key, "code": key if key in KEYS else f"Key{key.upper()}",
            "windowsVirtualKeyCode": code, "modifiers": sum(MODIFIERS[modifier] for modifier in modifiers)}
        commands = {"Control+a": ["selectAll"], "Control+v": ["paste"]}.get(keys, [])
        for _ in range(times):
            self.target.call(
                "Input.dispatchKeyEvent", type="keyDown" if writes else "rawKeyDown", commands=commands,
                **event, **({"text": writes} if writes else {}))
            self.target.call("Input.dispatchKeyEvent", type="keyUp", **event)

    # MARK: Signing in

    def sign_in(self, token, button="Sign in with a token"):
        self.button(button).click()
        self.field("Token").fill(token)
        self.button("Sign in", within=self.find("dialog", "Sign in")).click()
        self.button(re.compile("^Sign out")).wait()
        return self


class Found:
    """What a window has of a role and name, looked for anew each time: pages change while they are looked at."""

    def __init__(self, window, role, name, within, level):
        self._window, self._role, self._name, self._within, self._level = window, role, name, within, level

    def __str__(self):
        name = self._name.pattern if isinstance(self._name, re.Pattern) else self._name
        return f"a {self._role} {name or ''}" + (f" in {self._within}" if self._within else "")

    @property
    def all(self):
        """All such elements that are to be seen."""
        within = None
        if self._within:
            found = self._within.all
            if not found:
                return []
            within = found[0]
        is_pattern = isinstance(self._name, re.Pattern)
        found = self._window.evaluate(
            FINDING, self._role, None if is_pattern else self._name, self._name.pattern if is_pattern else None, within)
        if self._level:
            found = [node for node in found if node.tag_name == f"h{self._level}"]
        return found

    @property
    def exists(self):
        return len(self._try(lambda: self.all)) > 0

    def wait(self):
        """Waits until it is to be seen."""
        until(f"{self} is to be seen", lambda: self.all, ignoring=PASSING)
        return self

    def wait_gone(self):
        until(f"{self} is gone", lambda: not self.all, ignoring=PASSING)

    def click(self):
        def click():
            self.all[0].click()
            return True
        until(f"{self} can be clicked", click, ignoring=PASSING)
        return self

    def fill(self, text):
        """Replaces what is in a field."""
        self.click()
        self._window.press("Control+a")
        self._window.press("Delete")
        if text:
            self._window.target.call("Input.insertText", text=text)
        return self

    def evaluate(self, script, *arguments):
        """What a function of this body returns for it, which is `node` there; waits until it is to be seen."""
        return self._try(lambda: self._window.evaluate(
            f"const node = arguments[0]; return ((...arguments) => {{ {script} }})(...[...arguments].slice(1))",
            self.all[0], *arguments))

    @property
    def text(self):
        return self.evaluate("return node.innerText")

    @property
    def value(self):
        return self.evaluate("return node.value")

    def attribute(self, name):
        return self.evaluate("return node.getAttribute(arguments[0])", name)

    def _try(self, action):
        result = []
        until(f"{self} is to be seen", lambda: result.append(action()) or True, ignoring=PASSING)
        return result[-1]
