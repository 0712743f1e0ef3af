"""Clients and helpers for the contract tests. Each test works in accounts of its own, so that tests cannot meet."""
import io
import json
import random
import sys
import threading
import time
import unittest
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-central-1"
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SESSION = botocore.session.get_session()
CONFIG = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, read_timeout=20, parameter_validation=False)


under_test = threading.local()  # the runner sets its endpoint, for each thread another


def endpoint() -> str:
    return under_test.endpoint


def new_account() -> str:
    return f"{random.randrange(10 ** 11, 10 ** 12)}"


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: Any, condition: dict | None = None) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return document(statement | ({"Condition": condition} if condition else {}))


def client(service: str, key: Any, region: str = REGION) -> Any:
    """A client for an account's root (a 12-digit id), an access key, or the credentials of a session."""
    if isinstance(key, str):
        key = {"AccessKeyId": key, "SecretAccessKey": "test"}
    return SESSION.create_client(
        service, region_name=region, endpoint_url=endpoint(), config=CONFIG, aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken"))


def stage(method: str, name: str, body: dict | None = None) -> Any:
    """The admin route, which stock does not have."""
    request = urllib.request.Request(f"{endpoint()}/_stage/{name}", json.dumps(body or {}).encode(), method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def make_role(account: str, name: str, principal: Any, *rights: dict, path: str = "/", condition: dict | None = None) -> str:
    iam = client("iam", account)
    arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust(principal, condition))["Role"]["Arn"]
    if rights:
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*rights))
    return arn


def make_user(account: str, name: str, *rights: dict, path: str = "/") -> dict:
    """Makes a user and gives an access key of that user's, with the user's Arn beside it."""
    iam = client("iam", account)
    arn = iam.create_user(UserName=name, Path=path)["User"]["Arn"]
    if rights:
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=document(*rights))
    return iam.create_access_key(UserName=name)["AccessKey"] | {"Arn": arn}


def assume(key: Any, arn: str, **options: Any) -> dict:
    return client("sts", key).assume_role(RoleArn=arn, RoleSessionName="session", **options)["Credentials"]


def own_root(account: str) -> dict:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def eventually(question: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def make_function(account: str, code: str, *rights: dict, **options: Any) -> str:
    """Makes a provided.al2023 function whose bootstrap runs `code` (it sees `event`, sets `result`) for each event."""
    bootstrap = f"#!{sys.executable}\n" + BOOTSTRAP.replace("CODE", code.replace("\n", "\n        "))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        package.writestr(entry, bootstrap)
    role = make_role(account, "function", {"Service": "lambda.amazonaws.com"}, *rights)
    client("lambda", account).create_function(
        FunctionName="function", Runtime="provided.al2023", Handler="bootstrap", Role=role, Timeout=10,
        Code={"ZipFile": archive.getvalue()}, Environment={"Variables": {"AWS_ENDPOINT_URL": endpoint()}}, **options)
    return role


BOOTSTRAP = '''
import json, os, sys, time, urllib.request
runtime = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(runtime + "next") as answer:
        name, event, result, after = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer), None, ""
    kind = "/response"
    try:
        CODE
    except Exception as error:
        kind, result = "/error", {"errorType": type(error).__name__, "errorMessage": str(error)}
    urllib.request.urlopen(runtime + name + kind, json.dumps(result).encode()).close()
    if after:
        time.sleep(0.3)
        print(after, flush=True)
'''


class ContractTest(unittest.TestCase):
    def refused(self, code: str, call: Callable, **options: Any) -> None:
        with self.assertRaises(ClientError) as caught:
            call(**options)
        self.assertEqual(code, caught.exception.response["Error"]["Code"], caught.exception)
