"""Holds what the agent's editor made of odd files against botocore's own reading of them."""

import collections
import json
import pathlib
import sys
import tempfile

import botocore.configloader
import botocore.exceptions

KEY = ("aws_access_key_id", "aws_secret_access_key")


def read(text, kind):
    """Every profile as botocore has it; None where it refuses the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "file")
        path.write_bytes(text.encode())
        try:
            if kind == "config":
                return botocore.configloader.load_config(str(path))["profiles"]
            return botocore.configloader.raw_config_parse(str(path), parse_subsections=False)
        except botocore.exceptions.ConfigParseError:
            return None


def halves(profiles, profile):
    """Both halves of the profile's key, exactly as botocore has them."""
    found = profiles.get(profile, {})
    return [found.get(name) for name in KEY]


def others(profiles, profile):
    """Everything but the profile's key."""
    rest = json.loads(json.dumps(profiles))
    for name in KEY:
        rest.get(profile, {}).pop(name, None)
    return rest


def wrong(case, new):
    """What is wrong with one case; None where nothing is."""
    before = read(case["before"], case["kind"])
    profile = case["profile"]
    if case["after"] is None:
        found = (before or {}).get(profile, {})
        is_whole = all(isinstance(found.get(name), str) and found[name].strip() for name in KEY)
        if case["refused"] in ("no-profile", "no-key") and is_whole:
            return "it finds no key, and botocore does"
        return None
    if before is None:
        return "it edits a file that botocore refuses"
    after = read(case["after"], case["kind"])
    if after is None:
        return "botocore refuses what it wrote"
    if halves(before, profile) != case["key"]:
        return f"it finds {case['key']}, and botocore {before.get(profile)}"
    if halves(after, profile) != new:
        return f"botocore reads another key than the new one: {after.get(profile)}"
    if others(before, profile) != others(after, profile):
        return "something else was changed"
    return None


def main():
    """Tells every case that is wrong, and how many there were of each kind."""
    given = json.loads(pathlib.Path(sys.argv[1]).read_text())
    counts = collections.Counter()
    failed = 0
    for case in given["cases"]:
        why = wrong(case, given["new"])
        counts["edited" if case["after"] is not None else f"refused: {case['refused']}"] += 1
        if why:
            failed += 1
            if failed <= 5:
                print(f"{why}: {case['kind']} {case['profile']!r}\n{case['before']!r}\n{case['after']!r}")
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())) + f"; {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
