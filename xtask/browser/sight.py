"""What is looked for on any page, and the browser that shows it."""

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
SCHEMES = ["light", "dark"]
# Where axe looks at what is like another page but for its words: one look on a phone in light and one on a desk in dark.
TWO_VIEWS = {("phone", "light"), ("desk", "dark")}
# CSS pixels; commands and key ids have 13.
SMALLEST_TEXT = 13
OPTIONS = {"resultTypes": ["violations"]}
GRAVE = {"serious", "critical"}

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


def launched(playwright, chromium):
    return playwright.chromium.launch(executable_path=chromium, args=FLAGS)


def findings(page, axe, with_axe=True):
    found = page.evaluate(MEASURE, SMALLEST_TEXT)
    if not with_axe:
        return found
    for violation in axe.run(page, options=OPTIONS).response["violations"]:
        if violation["impact"] in GRAVE:
            found.append(f"axe {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:160]}")
    return found


def check_sight(browser, axe):
    page = browser.new_page(viewport={"width": WIDTHS["phone"], "height": 800})
    page.set_content(BAD)
    found = " ".join(findings(page, axe))
    page.close()
    for needed in ["axe color-contrast", "pixels wide", "text of 9 pixels"]:
        if needed not in found:
            raise RuntimeError(f"a bad page was not found to be bad ({needed}): {found}")
