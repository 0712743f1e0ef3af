"""How a look at pages begins and ends: `<script> <folder with *.html> <folder for pictures> <chromium>`, and 1 where there are findings."""

import sys
import time
from pathlib import Path

import shown


def run(what, look, pictures_shown):
    """Has `look` look, which gives how many pages there are and what it found, and then at the pictures that pages show of them."""
    folder, pictures, chromium = (Path(argument).resolve() for argument in sys.argv[1:])
    pictures.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    count, found = look(folder, pictures, chromium)
    found += shown.check(pictures_shown, folder, chromium)
    for finding in found:
        print(finding)
    print(f"{count} {what}, {len(found)} findings, {time.monotonic() - started:.0f} s; pictures in {pictures}")
    sys.exit(1 if found else 0)
