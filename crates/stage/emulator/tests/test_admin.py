"""The admin route, which stock does not have: dates, faults, call log, credentials."""
import datetime
import json
import time
import urllib.error

from botocore.exceptions import ClientError
from support import ContractTest, assume, client, make_role, make_user, new_account, own_root, stage

DAY = datetime.timedelta(days=1)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def near(self, days: float, moment: datetime.datetime) -> None:
        self.assertLess(abs(now() - days * DAY - moment), datetime.timedelta(seconds=10))

    def test_fields_of_keys_and_users_can_be_set(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice"), client("iam", account)
        place = {"account": account, "access_key_id": key["AccessKeyId"]}
        stage("POST", "key", place | {"set": {"CreateDate": "2020-01-02T03:04:05Z", "Status": "Inactive"}})
        stage("POST", "user", {"account": account, "user": "alice", "set": {"CreateDate": "2019-01-02T03:04:05Z"}})
        stage("POST", "last-use", place | {"set": {"LastUsedDate": "2021-01-02T03:04:05Z", "Region": "us-east-1", "ServiceName": "s3"}})
        listed = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]
        self.assertEqual(("Inactive", 2020), (listed["Status"], listed["CreateDate"].year))
        self.assertEqual(2019, iam.get_user(UserName="alice")["User"]["CreateDate"].year)
        used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        self.assertEqual((2021, "s3"), (used["LastUsedDate"].year, used["ServiceName"]))

    def test_users_and_keys_can_be_made_by_the_thousand(self) -> None:
        account, date = new_account(), "2020-01-02T03:04:05Z"
        key_id = f"AKIA{account}0000"
        user = {"UserName": "alice", "UserId": "AIDA", "Arn": f"arn:aws:iam::{account}:user/alice", "Path": "/",
                "CreateDate": date, "Tags": [], "AttachedPolicies": [], "PermissionsBoundary": None}
        key = {"UserName": "alice", "AccessKeyId": key_id, "SecretAccessKey": "none", "Status": "Active", "CreateDate": date}
        used = {key_id: {"LastUsedDate": date, "Region": "eu-west-1", "ServiceName": "s3"}}
        stage("POST", "users", {"account": account, "users": [user], "keys": [key], "last_uses": used})
        iam = client("iam", account)
        self.assertEqual(["alice"], [listed["UserName"] for listed in iam.list_users()["Users"]])
        self.assertEqual(key_id, iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"])
        self.assertEqual("s3", iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]["ServiceName"])

    def test_date_of_a_secret_version_can_be_set(self) -> None:
        account = new_account()
        secrets = client("secretsmanager", account)
        version = secrets.create_secret(Name="secret", SecretString="value")["VersionId"]
        stage("POST", "secret-version", {"account": account, "region": "eu-central-1", "secret": "secret", "id": version,
                                         "set": {"CreatedDate": 1577934245}})
        self.assertEqual(2020, secrets.list_secret_version_ids(SecretId="secret")["Versions"][0]["CreatedDate"].year)

    def test_world_ages(self) -> None:
        account = new_account()
        key, iam, secrets = make_user(account, "alice"), client("iam", account), client("secretsmanager", account)
        client("sts", key).get_caller_identity()
        secrets.create_secret(Name="secret", SecretString="value")
        secrets.create_secret(Name="deleted", SecretString="value")
        secrets.delete_secret(SecretId="deleted", RecoveryWindowInDays=30)
        stage("POST", "age", {"days": 20.5})
        self.near(20.5, iam.get_user(UserName="alice")["User"]["CreateDate"])
        self.near(20.5, iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["CreateDate"])
        self.near(20.5, iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"])
        found = secrets.describe_secret(SecretId="secret")
        self.near(20.5, found["CreatedDate"])
        self.near(20.5, found["LastChangedDate"])
        self.near(20.5, secrets.get_secret_value(SecretId="secret")["CreatedDate"])
        self.near(-9.5, secrets.describe_secret(SecretId="deleted")["DeletedDate"])
        stage("POST", "age", {"days": 10})
        self.refused("ResourceNotFoundException", secrets.describe_secret, SecretId="deleted")

    def test_dates_in_json_objects_age(self) -> None:
        s3, bucket = client("s3", new_account()), f"bucket-{new_account()}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        date, fine = "2026-03-01T00:00:07Z", "2026-03-01T00:00:07.123456789Z"
        rest = {"run": "20260301T000007Z-1", "day": "2026-03-01", "text": f"made {date}", "none": None, "number": 20260301}
        s3.put_object(Bucket=bucket, Key="object.json", Body=json.dumps({date: {"dates": [date, fine]}, **rest}).encode())
        s3.put_object(Bucket=bucket, Key="text", Body=f'made "{date}"'.encode())
        for days in (0.5, 0.5, 1):
            stage("POST", "age", {"days": days})
        found = json.loads(s3.get_object(Bucket=bucket, Key="object.json")["Body"].read())
        dates = ["2026-02-27T00:00:07Z", "2026-02-27T00:00:07.123456789Z"]
        self.assertEqual({date: {"dates": dates}, **rest}, found)
        self.assertEqual(f'made "{date}"', s3.get_object(Bucket=bucket, Key="text")["Body"].read().decode())

    def test_every_secret_half_is_listed(self) -> None:
        account = new_account()
        key = make_user(account, "alice")
        client("iam", account).delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
        session = assume(account, make_role(account, "role", own_root(account)))
        listed = stage("GET", "credentials")
        self.assertEqual(account, listed[key["AccessKeyId"]]["AccountId"])
        self.assertEqual(key["SecretAccessKey"], listed[key["AccessKeyId"]]["SecretAccessKey"])
        self.assertEqual(session["SessionToken"], listed[session["AccessKeyId"]]["SessionToken"])
        self.assertEqual(session["SecretAccessKey"], listed[session["AccessKeyId"]]["SecretAccessKey"])

    def test_fault_takes_the_place_of_a_call(self) -> None:
        account = new_account()
        cases = (("iam:ListUsers", "Throttling", client("iam", account).list_users),
                 ("secretsmanager:ListSecrets", "InternalServiceError", client("secretsmanager", account).list_secrets),
                 ("lambda:ListFunctions", "TooManyRequestsException", client("lambda", account).list_functions),
                 ("ses:GetAccount", "TooManyRequestsException", client("sesv2", account).get_account),
                 ("s3:ListAllMyBuckets", "SlowDown", client("s3", account).list_buckets))
        for operation, code, call in cases:
            stage("POST", "faults", {"operation": operation, "account": account, "error": code, "status": 503})
            with self.assertRaises(ClientError) as caught:
                call()
            self.assertEqual(code, caught.exception.response["Error"]["Code"])
            self.assertEqual(503, caught.exception.response["ResponseMetadata"]["HTTPStatusCode"])
            call()
        stage("DELETE", "faults")

    def test_fault_can_last_and_keeps_to_its_account(self) -> None:
        one, two = new_account(), new_account()
        stage("POST", "faults", {"operation": "iam:List*", "account": one, "error": "Throttling", "times": -1})
        for _ in range(3):
            self.refused("Throttling", client("iam", one).list_users)
        client("iam", two).list_users()
        stage("DELETE", "faults")
        client("iam", one).list_users()

    def test_answer_can_be_lost_or_late(self) -> None:
        account = new_account()
        iam = client("iam", account)
        iam.create_user(UserName="alice")
        fault = {"operation": "iam:CreateAccessKey", "account": account, "error": "ServiceFailure", "status": 500, "after": True}
        stage("POST", "faults", fault)
        self.refused("ServiceFailure", iam.create_access_key, UserName="alice")
        self.assertEqual(1, len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]))
        stage("POST", "faults", {"operation": "*", "account": account, "delay_ms": 300})
        start = time.monotonic()
        iam.list_users()
        self.assertGreater(time.monotonic() - start, 0.3)
        stage("DELETE", "faults")

    def test_calls_are_logged(self) -> None:
        account = new_account()
        user = make_user(account, "alice")
        self.refused("AccessDenied", client("iam", user).list_users)
        calls = [call for call in stage("GET", "calls") if call["account"] == account]
        self.assertEqual([("iam:CreateUser", 200), ("iam:CreateAccessKey", 200), ("iam:ListUsers", 403)],
                         [(call["operation"], call["status"]) for call in calls])
        self.assertEqual([f"arn:aws:iam::{account}:root"] * 2 + [user["Arn"]], [call["principal"] for call in calls])
        stage("DELETE", "calls")
        self.assertEqual([], stage("GET", "calls"))

    def test_wrong_use_is_told(self) -> None:
        with self.assertRaises(urllib.error.HTTPError) as caught:
            stage("POST", "key", {"account": "111122223333", "access_key_id": "AKIANONE", "set": {}})
        self.assertEqual(400, caught.exception.code)
