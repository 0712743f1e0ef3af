"""The pictures in docs/pictures: of which page each is, and whether that page is still the one that it was made from."""

import hashlib
import json
import os
from pathlib import Path

from playwright.sync_api import sync_playwright

from sight import WIDTHS, launched

FOLDER = Path("docs/pictures")
# The SHA-256 of the page behind each picture. Pixels differ from machine to machine, pages do not.
MADE_FROM = Path("xtask/browser/made-from.json")
UPDATE = "UPDATE_PICTURES"


def check(shown, folder, chromium):
    """What is wrong with these pictures, each a name with its page in the folder, its width, its scheme and its height."""
    known = json.loads(MADE_FROM.read_text())
    found = []
    for name, (page, width, scheme, height) in shown.items():
        file = folder / f"{page}.html"
        made_from = hashlib.sha256(file.read_bytes()).hexdigest()
        picture = FOLDER / f"{name}.png"
        if known.get(name) == made_from and picture.is_file():
            continue
        if UPDATE not in os.environ:
            found.append(f"{picture} was made from another page than {file.name}; {UPDATE}=1 cargo xtask test --only chromium makes it anew")
            continue
        make(chromium, file, picture, {"width": WIDTHS[width], "height": height}, scheme)
        known[name] = made_from
        MADE_FROM.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    return found


def make(chromium, file, picture, viewport, scheme):
    with sync_playwright() as playwright:
        browser = launched(playwright, chromium)
        page = browser.new_page(viewport=viewport, color_scheme=scheme)
        page.goto(file.as_uri())
        page.screenshot(path=picture)
        browser.close()
