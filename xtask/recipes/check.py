"""Reads every recipe of docs/recipes for its syntax, and runs what can be run: botocore with the credential_process, the pattern on the event."""
import configparser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import botocore.session
import yaml

RECIPES = pathlib.Path("docs/recipes")
PAIR = {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "half", "UserName": "a,b"}


def syntax(path: pathlib.Path) -> None:
    if path.suffix == ".yaml":
        documents = list(yaml.safe_load_all(path.read_text()))
        assert all(isinstance(document, dict) for document in documents), "no mapping"
        scripts = [step["run"] for document in documents for job in document.get("jobs", {}).values()
                   for step in job["steps"] if "run" in step]
        for script in scripts:
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    elif path.suffix == ".sh":
        subprocess.run(["sh", "-n", str(path)], check=True)
    elif path.suffix == ".json":
        json.loads(path.read_text())
    elif path.suffix == ".ini":
        configparser.ConfigParser().read_string(path.read_text())
    elif path.suffix == ".tf":
        if shutil.which("terraform"):
            subprocess.run(["terraform", "fmt", "-check", "-diff", str(path)], check=True)
        else:
            print(f"left out: there is no terraform here to read {path}")
    else:
        assert path.name in ("README.md", "Jenkinsfile"), "nothing reads this kind of file"


def credential_process() -> None:
    """The stand-in for the AWS CLI prints the secret only for the call that the script must make."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        expected = "secretsmanager get-secret-value --profile host --secret-id Account_111122223333_User_a/b_AccessKey --query SecretString --output text"
        stand_in = place / "aws"
        stand_in.write_text(f"#!/bin/sh\n[ \"$*\" = '{expected}' ] && echo '{json.dumps(PAIR)}'\n")
        stand_in.chmod(0o755)
        config = (RECIPES / "config.ini").read_text()
        script = (RECIPES / "credential-process.sh").resolve()
        installed = "/usr/local/lib/keywheel/credential-process.sh 111122223333 backup host"
        assert installed in config, "the script is not in the configuration"
        (place / "config").write_text(config.replace(installed, f"{script} 111122223333 a,b host"))
        os.environ |= {"AWS_CONFIG_FILE": str(place / "config"), "PATH": f"{place}:{os.environ['PATH']}"}
        found = botocore.session.Session(profile="backup").get_credentials().get_frozen_credentials()
        assert (found.access_key, found.secret_key, found.token) == (PAIR["AccessKeyId"], PAIR["SecretAccessKey"], None), found


def takes(pattern: dict, event: dict) -> bool:
    """What EventBridge does with lists of texts, which is all that the pattern has."""
    return all(takes(want, event.get(name, {})) if isinstance(want, dict) else event.get(name) in want
               for name, want in pattern.items())


def event_pattern() -> None:
    pattern = json.loads((RECIPES / "event-pattern.json").read_text())
    page = pathlib.Path("docs/contracts.md").read_text().partition("## Event of a completed step")[2]
    detail = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])
    assert set(pattern["detail"]) <= set(detail), "the pattern asks for what no event has"
    ours = detail | {"account": "111122223333", "user": "backup"}
    for step, expected in (("publish", True), ("create", False), ("deactivate", False), ("warn", False)):
        event = {"source": "keywheel", "detail-type": "Keywheel Step Completed", "detail": ours | {"step": step}}
        assert takes(pattern, event) is expected, step
    other = {"source": "keywheel", "detail-type": "Keywheel Step Completed", "detail": ours | {"step": "publish", "user": "alice"}}
    assert not takes(pattern, other)


def main() -> int:
    failed = 0
    checks = [(str(path), lambda path=path: syntax(path)) for path in sorted(RECIPES.iterdir())]
    checks += [("credential_process with botocore", credential_process), ("the pattern and the event", event_pattern)]
    for name, check in checks:
        try:
            check()
            print(f"ok {name}")
        except Exception as error:  # each kind of file fails in its own way
            failed += 1
            print(f"FAILED {name}: {error!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
