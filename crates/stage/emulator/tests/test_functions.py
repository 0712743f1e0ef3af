"""Lambda functions, S3 conditional writes, mail."""
import base64
import json
import time
import urllib.request

from support import ContractTest, client, endpoint, eventually, make_function, make_user, new_account, stage

CALL = '''import botocore.session
        client = botocore.session.get_session().create_client("iam")
        result = [user["UserName"] for user in client.list_users()["Users"]]'''
REPORT = '''open(event["file"], "a").write("x")
if event.get("fail"):
    raise ValueError("wanted")
time.sleep(event.get("sleep", 0))'''


def invoke(account: str, event: dict, kind: str = "RequestResponse") -> dict:
    return client("lambda", account).invoke(FunctionName="function", InvocationType=kind, Payload=json.dumps(event))


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def test_throttled_event_is_kept(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        client("lambda", account).put_function_concurrency(FunctionName="function", ReservedConcurrentExecutions=1)
        for _ in range(2):
            invoke(account, {"file": file, "sleep": 3.6}, "Event")  # stock gives up after three seconds
        self.assertTrue(eventually(lambda: self.read(file) == "xx", 9), self.read(file))

    def test_every_line_of_a_function_is_kept(self) -> None:
        account = new_account()
        make_function(account, 'print("before", event["word"], flush=True)\nresult, after = 1, "after " + event["word"]')
        invoke(account, {"word": account})
        wanted = {f"before {account}", f"after {account}"}
        self.assertTrue(eventually(lambda: wanted <= {entry["line"] for entry in stage("GET", "function-log")}))

    def test_every_event_and_answer_is_kept(self) -> None:
        account = new_account()
        make_function(account, """result = event["number"] + 1
if event.get("fail"):
    raise ValueError("wanted")""")
        for kind, event in (("RequestResponse", {"number": 1}), ("Event", {"number": 2}),
                            ("RequestResponse", {"number": 3, "fail": True})):
            invoke(account, event | {"account": account}, kind)

        def own() -> list[tuple]:
            calls = [call for call in stage("GET", "function-calls") if call["event"].get("account") == account]
            return sorted((call["function"], call["event"]["number"], call["answer"]) for call in calls if "answer" in call)
        failure = {"errorType": "ValueError", "errorMessage": "wanted"}
        wanted = [("function", 1, 2), ("function", 2, 3), ("function", 3, failure)]
        self.assertTrue(eventually(lambda: own() == wanted), own())

    def test_an_event_is_kept_from_the_moment_it_is_handed_over(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        invoke(account, {"file": file, "sleep": 2}, "Event")
        self.assertTrue(eventually(lambda: self.read(file) == "x"))
        call, = [call for call in stage("GET", "function-calls") if call["event"].get("file") == file]
        self.assertNotIn("answer", call)

    def test_a_retry_is_known_before_it_comes(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        invoke(account, {"file": file, "fail": True}, "Event")

        def own() -> list[bool]:
            return ["answer" in call for call in stage("GET", "function-calls") if call["event"].get("file") == file]
        states: list[list[bool]] = []
        self.assertTrue(eventually(lambda: states.append(own()) or states[-1] == [True, True, True], 15), states)
        self.assertTrue(states[0], states)
        self.assertEqual([], [state for state in states[:-1] if all(state)])  # else the event seems to be over

    def test_an_event_is_handed_over_no_oftener_than_it_may_be_tried(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        client("lambda", account).put_function_event_invoke_config(FunctionName="function", MaximumRetryAttempts=0)
        invoke(account, {"file": file, "fail": True}, "Event")

        def own() -> list[bool]:
            return ["answer" in call for call in stage("GET", "function-calls") if call["event"].get("file") == file]
        self.assertTrue(eventually(lambda: all(own())), own())
        self.assertEqual([True], own())

    def test_raw_mail_is_kept(self) -> None:
        account = new_account()
        raw = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: hello\r\nX-Keywheel: yes\r\n\r\nbody\r\n"
        client("sesv2", account).create_email_identity(EmailIdentity="example.com")
        client("sesv2", account).send_email(FromEmailAddress="a@example.com", Content={"Raw": {"Data": raw}},
                                            Destination={"ToAddresses": ["b@example.com"]})
        mail, = stage("GET", "mails")[f"{account}/eu-central-1"]
        self.assertEqual(raw, base64.b64decode(mail["Content"]["Raw"]["Data"]))

    def file(self) -> str:
        import tempfile
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return f"{folder.name}/calls"

    def read(self, file: str) -> str:
        try:
            with open(file) as calls:
                return calls.read()
        except FileNotFoundError:
            return ""


class Alike(Patched):
    """Each test passes on both: what stock has right already."""

    test_throttled_event_is_kept = test_every_line_of_a_function_is_kept = test_raw_mail_is_kept = None
    test_every_event_and_answer_is_kept = test_an_event_is_kept_from_the_moment_it_is_handed_over = None
    test_a_retry_is_known_before_it_comes = test_an_event_is_handed_over_no_oftener_than_it_may_be_tried = None

    def test_function_has_the_credentials_of_its_role(self) -> None:
        account = new_account()
        make_user(account, "alice")
        make_function(account, CALL.replace("        ", ""), {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
        answer = invoke(account, {})
        self.assertEqual(["alice"], json.load(answer["Payload"]))
        client("iam", account).delete_role_policy(RoleName="function", PolicyName="rights")
        answer = invoke(account, {})
        self.assertIn("AccessDenied", json.load(answer["Payload"])["errorMessage"])
        self.assertEqual("Unhandled", answer["FunctionError"])

    def test_failed_event_is_tried_three_times_and_then_goes_to_the_destination(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        queues = client("sqs", account)
        queue = queues.create_queue(QueueName="failed")["QueueUrl"]
        target = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client("lambda", account).put_function_event_invoke_config(
            FunctionName="function", DestinationConfig={"OnFailure": {"Destination": target}})
        self.assertEqual(202, invoke(account, {"file": file, "fail": True}, "Event")["StatusCode"])
        self.assertTrue(eventually(lambda: self.read(file) == "xxx"))
        message = eventually(lambda: queues.receive_message(QueueUrl=queue).get("Messages"))[0]
        body = json.loads(message["Body"])
        self.assertEqual({"file": file, "fail": True}, body["requestPayload"])
        self.assertEqual("RetriesExhausted", body["requestContext"]["condition"])

    def test_function_writes_to_cloudwatch_logs(self) -> None:
        account = new_account()
        make_function(account, 'print("a line", flush=True)')
        invoke(account, {})
        logs = client("logs", account)
        streams = logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
        events = [event for stream in streams for event in logs.get_log_events(
            logGroupName="/aws/lambda/function", logStreamName=stream["logStreamName"])["events"]]
        self.assertIn("a line", [event["message"] for event in events])

    def test_calls_of_one_function_run_at_the_same_time(self) -> None:
        account, file = new_account(), self.file()
        make_function(account, REPORT)
        start = time.monotonic()
        for _ in range(4):
            invoke(account, {"file": file, "sleep": 1}, "Event")
        self.assertTrue(eventually(lambda: self.read(file) == "xxxx"))
        self.assertLess(time.monotonic() - start, 3)

    def test_conditional_writes(self) -> None:
        account = new_account()
        storage, name = client("s3", account), f"bucket-{account}"
        storage.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        target = {"Bucket": name, "Key": "ledger/1.json"}
        self.refused("NoSuchKey", storage.put_object, Body=b"0", IfMatch='"none"', **target)
        first = storage.put_object(Body=b"1", IfNoneMatch="*", **target)["ETag"]
        self.refused("PreconditionFailed", storage.put_object, Body=b"2", IfNoneMatch="*", **target)
        second = storage.put_object(Body=b"2", IfMatch=first, **target)["ETag"]
        self.refused("PreconditionFailed", storage.put_object, Body=b"3", IfMatch=first, **target)
        found = storage.get_object(**target)
        self.assertEqual((b"2", second), (found["Body"].read(), found["ETag"]))

    def test_simple_mail_is_readable_per_account(self) -> None:
        account = new_account()
        client("sesv2", account).create_email_identity(EmailIdentity="example.com")
        client("sesv2", account).send_email(
            FromEmailAddress="a@example.com", Destination={"ToAddresses": ["b@example.com"]},
            Content={"Simple": {"Subject": {"Data": "hello"}, "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>"}}}})
        with urllib.request.urlopen(f"{endpoint()}/_ministack/ses/messages?account={account}") as answer:
            mail, = json.load(answer)["messages"][account]
        self.assertEqual(("hello", "text", "<p>", ["b@example.com"]),
                         (mail["Subject"], mail["BodyText"], mail["BodyHtml"], mail["To"]))
