"""Looks at every mail in a folder as a reader does: in Chromium, on a phone and on a desk, in light and in dark.

Usage: mails.py <folder with *.html> <folder for pictures> <chromium>

Ends with 1 where a mail has a serious finding of axe, can be scrolled sideways, has text too small or too faint to read, or asks the
network for something.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import task
from sight import SCHEMES, TWO_VIEWS, WIDTHS, check_sight, findings, launched

# At the same time; one waits much for its browser.
BROWSERS = 3
# Their rows are alike, and axe takes each of them up.
LONG = {"extreme-200", "extreme-1000"}
# What pages show, with the height of the picture.
SHOWN = {
    "rotated-desk-light": ("rotated-create-rotation-due", "desk", "light", 900),
    "warning-phone-dark": ("warning", "phone", "dark", 812),
    "deactivated-phone-dark": ("deactivated-deactivate-install-grace-over", "phone", "dark", 812),
}


def is_for_axe(mail, view):
    """A kind's own mail in every view; a mail about one entry (`kind-step-reason`) and 200 rows in two; 1,000 rows in none."""
    is_single = "-" in mail and not mail.startswith("extreme-")
    return mail != "extreme-1000" and (view in TWO_VIEWS or not (is_single or mail in LONG))


def look(page, axe, file, pictures):
    found = []
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{file.stem}, {name}, {scheme}: {what}" for what in findings(page, axe, is_for_axe(file.stem, (name, scheme)))]
            page.screenshot(path=pictures / f"{file.stem}-{name}-{scheme}.png", full_page=file.stem not in LONG)
    found += [f"{file.stem} asks for {url}" for url in asked if not url.startswith("file:")]
    return found


def look_at_some(files, pictures, chromium):
    with sync_playwright() as playwright:
        browser = launched(playwright, chromium)
        axe = Axe()
        check_sight(browser, axe)
        found = []
        for file in files:
            page = browser.new_page()
            found += look(page, axe, file, pictures)
            page.close()
        browser.close()
    return found


def look_at_all(mails, pictures, chromium):
    files = sorted(mails.glob("*.html"))
    if len(files) < 11:
        sys.exit(f"there are only {len(files)} mails in {mails}")
    with ProcessPoolExecutor(BROWSERS) as pool:
        shares = [pool.submit(look_at_some, files[first::BROWSERS], pictures, chromium) for first in range(BROWSERS)]
        return len(files), [what for share in shares for what in share.result()]


if __name__ == "__main__":
    task.run("mails", look_at_all, SHOWN)
