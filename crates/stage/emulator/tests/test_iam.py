"""IAM."""
import csv
import io

from support import ALLOW_ALL, ContractTest, client, make_user, new_account, stage


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def test_third_access_key_is_refused(self) -> None:
        account = new_account()
        make_user(account, "alice")
        iam = client("iam", account)
        second = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        iam.update_access_key(UserName="alice", AccessKeyId=second, Status="Inactive")
        with self.assertRaises(iam.exceptions.LimitExceededException) as caught:
            iam.create_access_key(UserName="alice")
        self.assertEqual(409, caught.exception.response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertIn("Cannot exceed quota for AccessKeysPerUser: 2", str(caught.exception))

    def test_last_use_is_recorded(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice"), client("iam", account)
        unused = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        self.assertEqual({"Region": "N/A", "ServiceName": "N/A"}, unused)
        self.refused("AccessDeniedException", client("secretsmanager", key, "eu-west-3").list_secrets)
        used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        self.assertEqual("alice", used["UserName"])
        self.assertEqual(("eu-west-3", "secretsmanager"),
                         (used["AccessKeyLastUsed"]["Region"], used["AccessKeyLastUsed"]["ServiceName"]))
        self.assertIn("LastUsedDate", used["AccessKeyLastUsed"])

    def test_last_use_of_unknown_key_is_denied(self) -> None:
        iam = client("iam", new_account())
        self.refused("AccessDenied", iam.get_access_key_last_used, AccessKeyId="AKIAAAAAAAAAAAAAAAAA")

    def test_last_use_is_authorised_on_the_keys_user(self) -> None:
        account = new_account()
        alice = make_user(account, "alice", path="/team/")
        right = {"Effect": "Allow", "Action": "iam:GetAccessKeyLastUsed", "Resource": f"arn:aws:iam::{account}:user/team/*"}
        iam = client("iam", bob := make_user(account, "bob", right))
        self.assertEqual("alice", iam.get_access_key_last_used(AccessKeyId=alice["AccessKeyId"])["UserName"])
        self.refused("AccessDenied", iam.get_access_key_last_used, AccessKeyId=bob["AccessKeyId"])

    def test_list_users_pages(self) -> None:
        iam = client("iam", new_account())
        names = [f"user-{number:03}" for number in range(105)]
        for name in names:
            iam.create_user(UserName=name)
        first = iam.list_users()
        self.assertEqual((100, True), (len(first["Users"]), first["IsTruncated"]))
        rest = iam.list_users(Marker=first["Marker"])
        self.assertFalse(rest["IsTruncated"])
        self.assertEqual(names, [user["UserName"] for user in first["Users"] + rest["Users"]])
        pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 40})
        self.assertEqual([40, 40, 25], [len(page["Users"]) for page in pages])

    def test_list_users_shows_no_tags(self) -> None:
        iam = client("iam", new_account())
        iam.create_user(UserName="alice", Tags=[{"Key": "EMAIL", "Value": "alice@example.com"}])
        self.assertNotIn("Tags", iam.list_users()["Users"][0])

    def test_max_items_over_1000_is_refused(self) -> None:
        self.refused("ValidationError", client("iam", new_account()).list_users, MaxItems=1001)

    def test_group_pages(self) -> None:
        iam = client("iam", new_account())
        iam.create_group(GroupName="exempt")
        for name in ("a", "b", "c"):
            iam.create_user(UserName=name)
            iam.add_user_to_group(GroupName="exempt", UserName=name)
        first = iam.get_group(GroupName="exempt", MaxItems=2)
        rest = iam.get_group(GroupName="exempt", MaxItems=2, Marker=first["Marker"])
        self.assertEqual(["a", "b", "c"], [user["UserName"] for user in first["Users"] + rest["Users"]])

    def test_account_authorization_details_page(self) -> None:
        iam = client("iam", new_account())
        for name in ("a", "b", "c"):
            iam.create_user(UserName=name, Tags=[{"Key": "k", "Value": name}])
        first = iam.get_account_authorization_details(Filter=["User"], MaxItems=2)
        rest = iam.get_account_authorization_details(Filter=["User"], MaxItems=2, Marker=first["Marker"])
        self.assertEqual(["a", "b", "c"], [user["Tags"][0]["Value"] for user in first["UserDetailList"] + rest["UserDetailList"]])

    def test_list_access_keys_pages(self) -> None:
        iam = client("iam", new_account())
        iam.create_user(UserName="alice")
        made = {iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"] for _ in range(2)}
        first = iam.list_access_keys(UserName="alice", MaxItems=1)
        rest = iam.list_access_keys(UserName="alice", MaxItems=1, Marker=first["Marker"])
        self.assertEqual(made, {key["AccessKeyId"] for key in first["AccessKeyMetadata"] + rest["AccessKeyMetadata"]})

    def test_short_pages(self) -> None:
        iam = client("iam", new_account())
        for number in range(40):
            iam.create_user(UserName=f"user-{number}")
        stage("POST", "settings", {"set": {"short_pages": True}})
        try:
            page = iam.list_users()
        finally:
            stage("POST", "settings", {"set": {"short_pages": False}})
        self.assertEqual((34, True), (len(page["Users"]), page["IsTruncated"]))

    def test_keys_of_unknown_user_are_missing(self) -> None:
        self.refused("NoSuchEntity", client("iam", new_account()).list_access_keys, UserName="nobody")

    def test_foreign_key_is_not_deleted(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice"), client("iam", account)
        iam.create_user(UserName="bob")
        self.refused("NoSuchEntity", iam.delete_access_key, UserName="bob", AccessKeyId=key["AccessKeyId"])
        self.assertEqual(1, len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]))

    def test_credential_report_tells_last_use(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice", path="/team/"), client("iam", account)
        client("sts", key).get_caller_identity()
        second = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        iam.update_access_key(UserName="alice", AccessKeyId=second, Status="Inactive")
        iam.generate_credential_report()
        rows = list(csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode())))
        self.assertEqual(["<root_account>", "alice"], [row["user"] for row in rows])
        alice = rows[1]
        self.assertEqual({"true", "false"}, {alice["access_key_1_active"], alice["access_key_2_active"]})
        used = "1" if alice["access_key_1_active"] == "true" else "2"
        unused = "2" if used == "1" else "1"
        self.assertEqual(("eu-central-1", "sts"),
                         (alice[f"access_key_{used}_last_used_region"], alice[f"access_key_{used}_last_used_service"]))
        self.assertRegex(alice[f"access_key_{used}_last_used_date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$")
        self.assertEqual("N/A", alice[f"access_key_{unused}_last_used_date"])
        self.assertTrue(alice["access_key_1_last_rotated"].endswith("+00:00"))

    def test_iam_authorises_on_arn_with_path(self) -> None:
        account = new_account()
        make_user(account, "bob", path="/team/")
        right = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"arn:aws:iam::{account}:user/team/*"}
        alice = client("iam", make_user(account, "alice", right))
        self.assertEqual("bob", alice.get_user(UserName="bob")["User"]["UserName"])
        self.refused("AccessDenied", alice.get_user, UserName="alice")


class Alike(ContractTest):
    """Each test passes on both: what stock has right already."""

    def test_unknown_user_is_missing(self) -> None:
        iam = client("iam", new_account())
        for call in (iam.get_user, iam.create_access_key, iam.list_user_tags, iam.delete_user):
            self.refused("NoSuchEntity", call, UserName="nobody")
        self.refused("NoSuchEntity", iam.get_group, GroupName="nobody")

    def test_foreign_key_is_not_updated(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice"), client("iam", account)
        iam.create_user(UserName="bob")
        self.refused("NoSuchEntity", iam.update_access_key, UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")

    def test_same_name_in_two_accounts(self) -> None:
        one, two = new_account(), new_account()
        keys = {account: make_user(account, "alice") for account in (one, two)}
        for account, key in keys.items():
            listed = client("iam", account).list_access_keys(UserName="alice")["AccessKeyMetadata"]
            self.assertEqual([key["AccessKeyId"]], [entry["AccessKeyId"] for entry in listed])
            self.assertEqual(account, client("sts", key).get_caller_identity()["Account"])

    def test_tags_and_groups(self) -> None:
        iam = client("iam", new_account())
        iam.create_user(UserName="alice", Path="/team/")
        iam.tag_user(UserName="alice", Tags=[{"Key": "EMAIL", "Value": "alice@example.com"}])
        self.assertEqual([{"Key": "EMAIL", "Value": "alice@example.com"}], iam.list_user_tags(UserName="alice")["Tags"])
        iam.create_group(GroupName="exempt")
        iam.add_user_to_group(GroupName="exempt", UserName="alice")
        self.assertEqual(["alice"], [user["UserName"] for user in iam.get_group(GroupName="exempt")["Users"]])
        detail = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"][0]
        self.assertEqual((["exempt"], "EMAIL"), (detail["GroupList"], detail["Tags"][0]["Key"]))

    def test_inactive_and_forged_keys_are_refused(self) -> None:
        account = new_account()
        key, iam = make_user(account, "alice", ALLOW_ALL), client("iam", account)
        self.assertEqual(key["Arn"], client("sts", key).get_caller_identity()["Arn"])
        self.refused("SignatureDoesNotMatch", client("sts", key | {"SecretAccessKey": "x" * 40}).get_caller_identity)
        iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        self.refused("InvalidClientTokenId", client("sts", key).get_caller_identity)
