"""Runs every contract test against the overlay and against stock ministack, both started here on free loopback ports.

A test in a class Patched must pass on the overlay and fail on stock; a test in a class Alike must pass on both.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent


def start_overlay() -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, str(HERE / "serve.py")], stdout=subprocess.PIPE, text=True)
    word, _, url = process.stdout.readline().strip().partition(" ")
    if word != "READY":
        sys.exit("the overlay did not start")
    return process, url


def start_stock(folder: str) -> tuple[subprocess.Popen, str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "CRITICAL",
                    "TMPDIR": folder, "IOT_MTLS_ENABLED": "0"}
    process = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health").close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    sys.exit("stock ministack did not start")


def tests_of(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    return [test for part in suite for test in (tests_of(part) if isinstance(part, unittest.TestSuite) else [part])]


def passes(test: unittest.TestCase, url: str) -> tuple[bool, str]:
    sys.modules["support"].under_test.endpoint = url
    result = unittest.TestResult()
    type(test)(test._testMethodName).run(result)
    problems = [text for _, text in result.errors + result.failures]
    return result.wasSuccessful(), problems[0] if problems else ""


def main() -> int:
    sys.path.insert(0, str(HERE / "tests"))
    tests = tests_of(unittest.defaultTestLoader.discover(str(HERE / "tests")))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="keywheel-contract-") as folder, ThreadPoolExecutor(2) as both:
        (overlay, overlay_url), (stock, stock_url) = start_overlay(), start_stock(folder)
        try:
            for test in [test for test in tests if wanted in test.id()]:
                alike = type(test).__name__ == "Alike"
                (here, problem), (there, problem_there) = both.map(passes, [test, test], [overlay_url, stock_url])
                good = here and there == alike
                passed, failed = passed + good, failed + (not good)
                print(f"{'ok' if good else 'BAD':4} overlay {'passes' if here else 'fails':7} "
                      f"stock {'passes' if there else 'fails':7} {test.id()}")
                if not good:
                    print(problem or problem_there)
                elif wanted and problem_there:
                    print(problem_there)
        finally:
            for process in (overlay, stock):
                process.terminate()
                process.wait()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
