"""Looks at every mail in a folder as a reader does: in Chromium, on a phone and on a desk, in light and in dark.

Usage: look.py <folder with *.html> <folder for pictures> <chromium>

Ends with 1 where a mail has a serious finding of axe, can be scrolled sideways, has text too small or too faint to read, or asks the
network for something.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"phone": 375, "desk": 1200}
# At the same time; one waits much for its browser.
BROWSERS = 3
SCHEMES = ["light", "dark"]
# CSS pixels; commands and key ids have 13.
SMALLEST_TEXT = 13
OPTIONS = {"resultTypes": ["violations"]}
GRAVE = {"serious", "critical"}
# Their rows are alike, and axe takes each of them up.
LONG = {"extreme-200", "extreme-1000"}
# Where axe looks at what is like another mail but for its words: one look on a phone in light and one on a desk in dark.
TWO_VIEWS = {("phone", "light"), ("desk", "dark")}

MEASURE = """(smallest) => {
  const root = document.documentElement;
  const faults = [];
  if (root.scrollWidth > root.clientWidth) faults.push(`is ${root.scrollWidth} pixels wide, of ${root.clientWidth}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
    if (size > 0 && size < smallest) faults.push(`text of ${size} pixels: ${node.textContent.trim().slice(0, 40)}`);
  }
  return faults;
}"""

# What must be found, or the look is blind.
BAD = """<!DOCTYPE html><html lang="en"><head><title>x</title></head><body style="background:#fff">
<p style="color:#ddd">faint</p><p style="font-size:9px">small</p><p style="width:3000px">wide</p></body></html>"""


def findings(page, axe, with_axe=True):
    found = page.evaluate(MEASURE, SMALLEST_TEXT)
    if not with_axe:
        return found
    for violation in axe.run(page, options=OPTIONS).response["violations"]:
        if violation["impact"] in GRAVE:
            found.append(f"axe {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:120]}")
    return found


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


def check_sight(page, axe):
    page.set_viewport_size({"width": 375, "height": 800})
    page.set_content(BAD)
    found = " ".join(findings(page, axe))
    for needed in ["axe color-contrast", "pixels wide", "text of 9 pixels"]:
        if needed not in found:
            raise RuntimeError(f"a bad page was not found to be bad ({needed}): {found}")


def look_at_some(files, pictures, chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        axe = Axe()
        check_sight(browser.new_page(), axe)
        found = []
        for file in files:
            page = browser.new_page()
            found += look(page, axe, file, pictures)
            page.close()
        browser.close()
    return found


def main():
    mails, pictures, chromium = (Path(argument).resolve() for argument in sys.argv[1:])
    files = sorted(mails.glob("*.html"))
    if len(files) < 11:
        sys.exit(f"there are only {len(files)} mails in {mails}")
    pictures.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with ProcessPoolExecutor(BROWSERS) as pool:
        shares = [pool.submit(look_at_some, files[first::BROWSERS], pictures, chromium) for first in range(BROWSERS)]
        found = [what for share in shares for what in share.result()]
    for what in found:
        print(what)
    print(f"{len(files)} mails, {len(found)} findings, {time.monotonic() - started:.0f} s; pictures in {pictures}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
