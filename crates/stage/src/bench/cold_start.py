"""A function as one writes it for Lambda in Python: the clients that key-rotation needs, made at the start, and then events."""
import os
import urllib.request

import boto3

CLIENTS = [boto3.client(service) for service in ("sts", "iam", "secretsmanager", "s3", "lambda")]
NEXT = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/next"

with urllib.request.urlopen(NEXT) as event:
    event.read()
