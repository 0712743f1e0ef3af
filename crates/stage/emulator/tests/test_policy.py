"""Policy evaluation."""
from support import (ALLOW_ALL, REGION, ContractTest, assume, client, document, make_role, make_user, new_account, own_root)

READ = "secretsmanager:GetSecretValue"


def make_secret(account: str, name: str, *policy: dict) -> None:
    secrets = client("secretsmanager", account)
    secrets.create_secret(Name=name, SecretString="value")
    if policy:
        secrets.put_resource_policy(SecretId=name, ResourcePolicy=document(*policy), BlockPublicPolicy=True)


def readers_only(*arns: str) -> dict:
    return {"Effect": "Deny", "Principal": "*", "Action": READ, "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": list(arns)},
                          "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}


def read(key: dict, name: str = "secret") -> str:
    return client("secretsmanager", key).get_secret_value(SecretId=name)["SecretString"]


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def test_principal_arn_of_a_session_is_its_role(self) -> None:
        account = new_account()
        arn = make_role(account, "writer", own_root(account), ALLOW_ALL, path="/keywheel/")
        make_secret(account, "secret", readers_only(arn))
        self.assertEqual("value", read(assume(account, arn)))
        other = make_role(account, "other", own_root(account), ALLOW_ALL)
        self.refused("AccessDeniedException", read, key=assume(account, other))

    def test_trust_can_name_a_role_of_another_account(self) -> None:
        hub, member = new_account(), new_account()
        caller = make_role(hub, "rotation", own_root(hub), ALLOW_ALL, path="/keywheel/")
        target = make_role(member, "member", own_root(hub), condition={"ArnEquals": {"aws:PrincipalArn": caller}})
        self.assertIn("AccessKeyId", assume(assume(hub, caller), target))
        other = make_role(hub, "other", own_root(hub), ALLOW_ALL)
        self.refused("AccessDenied", assume, key=assume(hub, other), arn=target)

    def test_keys_that_every_request_has(self) -> None:
        for key, value in (("aws:PrincipalIsAWSService", "false"), ("aws:SecureTransport", "true"), ("aws:ViaAWSService", "false")):
            account = new_account()
            right = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*", "Condition": {"Bool": {key: value}}}
            user = make_user(account, "alice", right)
            self.assertEqual(1, len(client("iam", user).list_users()["Users"]), key)

    def test_policy_variable_in_resource(self) -> None:
        account = new_account()
        right = {"Effect": "Allow", "Action": READ,
                 "Resource": "arn:aws:secretsmanager:*:${aws:PrincipalAccount}:secret:Account_*_User_${aws:username}_*"}
        for name in ("alice", "bob"):
            make_secret(account, f"Account_{account}_User_{name}_AccessKey")
        user = make_user(account, "alice", right)
        self.assertEqual("value", read(user, f"Account_{account}_User_alice_AccessKey"))
        self.refused("AccessDeniedException", read, key=user, name=f"Account_{account}_User_bob_AccessKey")

    def test_policy_variable_in_a_bucket_policy(self) -> None:
        hub, member = new_account(), new_account()
        storage, bucket = client("s3", hub), f"variables-{hub}"
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        storage.delete_public_access_block(Bucket=bucket)
        storage.put_bucket_policy(Bucket=bucket, Policy=document({
            "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalAccount}}/${{aws:username}}/*"}))
        user = client("s3", make_user(member, "alice", ALLOW_ALL))
        user.put_object(Bucket=bucket, Key=f"{member}/alice/own", Body=b"")
        for key in (f"{member}/bob/other", f"{hub}/alice/other"):
            self.refused("AccessDenied", user.put_object, Bucket=bucket, Key=key, Body=b"")

    def test_policy_variable_in_not_resource_and_whether_there_is_a_user_name(self) -> None:
        hub = new_account()
        storage, bucket = client("s3", hub), f"refused-{hub}"
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        storage.delete_public_access_block(Bucket=bucket)
        every = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
        storage.put_bucket_policy(Bucket=bucket, Policy=document(
            every | {"NotResource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalAccount}}/${{aws:username}}/*",
                     "Condition": {"Null": {"aws:username": "false"}}},
            every | {"Resource": f"arn:aws:s3:::{bucket}/*", "Condition": {"Null": {"aws:username": "true"}}}))
        user = client("s3", make_user(hub, "alice", ALLOW_ALL, path="/team/"))
        user.put_object(Bucket=bucket, Key=f"{hub}/alice/own", Body=b"")
        self.refused("AccessDenied", user.put_object, Bucket=bucket, Key=f"{hub}/bob/other", Body=b"")
        role = client("s3", assume(hub, make_role(hub, "role", own_root(hub), ALLOW_ALL)))
        self.refused("AccessDenied", role.put_object, Bucket=bucket, Key=f"{hub}/alice/other", Body=b"")

    def test_policy_variable_in_condition(self) -> None:
        account = new_account()
        right = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*",
                 "Condition": {"StringEquals": {"aws:PrincipalTag/name": "${aws:username}",
                                                "aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"}}}
        user = make_user(account, "alice", right)
        self.refused("AccessDenied", client("iam", user).list_users)
        client("iam", account).tag_user(UserName="alice", Tags=[{"Key": "name", "Value": "alice"}])
        self.assertEqual(1, len(client("iam", user).list_users()["Users"]))

    def test_members_have_an_organization_id(self) -> None:
        management = client("organizations", new_account())
        try:
            organization = management.create_organization()["Organization"]["Id"]
        except Exception:  # stock has no such call
            organization = management.describe_organization()["Organization"]["Id"]
        member = management.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
        right = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
        user = make_user(member, "alice", right | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}})
        self.assertEqual(1, len(client("iam", user).list_users()["Users"]))

    def test_a_resource_has_its_organizations_id(self) -> None:
        management = client("organizations", new_account())
        try:
            organization = management.create_organization()["Organization"]["Id"]
        except Exception:  # stock has no such call
            organization = management.describe_organization()["Organization"]["Id"]
        member = management.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
        outside = new_account()
        right = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        right |= {"Condition": {"StringEquals": {"aws:ResourceOrgID": organization}}}
        user = make_user(member, "alice", right)
        inner, outer = (make_role(account, "role", own_root(member)) for account in (member, outside))
        self.assertIn("AccessKeyId", assume(user, inner))
        self.refused("AccessDenied", assume, key=user, arn=outer)

    def test_mail_is_authorised_on_its_sender(self) -> None:
        for allowed in ("one@example.com", "two@example.com"):
            account = new_account()
            right = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": f"arn:aws:ses:*:{account}:identity/one@*",
                     "Condition": {"StringEquals": {"ses:FromAddress": allowed}}}
            user = make_user(account, "alice", right)
            client("sesv2", account).create_email_identity(EmailIdentity="one@example.com")
            mail = {"FromEmailAddress": "one@example.com", "Destination": {"ToAddresses": ["a@example.com"]},
                    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}}
            if allowed == "one@example.com":
                self.assertIn("MessageId", client("sesv2", user).send_email(**mail))
            else:
                self.refused("AccessDeniedException", client("sesv2", user).send_email, **mail)

    def test_a_missing_object_is_denied_to_who_may_not_list(self) -> None:
        account = new_account()
        client("s3", account).create_bucket(
            Bucket=(bucket := f"bucket-{account}"), CreateBucketConfiguration={"LocationConstraint": REGION})
        client("s3", account).put_object(Bucket=bucket, Key="there", Body=b"text")
        right = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
        for user, code in ((make_user(account, "alice", right), "AccessDenied"),
                           (make_user(account, "bob", right, listing), "NoSuchKey")):
            self.assertEqual(b"text", client("s3", user).get_object(Bucket=bucket, Key="there")["Body"].read())
            self.refused(code, client("s3", user).get_object, Bucket=bucket, Key="missing")


class Alike(ContractTest):
    """Each test passes on both: what stock has right already."""

    def test_resource_policy_suffices_for_a_user_with_path(self) -> None:
        account = new_account()
        user = make_user(account, "alice", path="/team/")
        make_secret(account, "secret")
        self.refused("AccessDeniedException", read, key=user)
        allow = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": READ, "Resource": "*"}
        client("secretsmanager", account).put_resource_policy(
            SecretId="secret", ResourcePolicy=document(allow, readers_only(user["Arn"])), BlockPublicPolicy=True)
        self.assertEqual("value", read(user))

    def test_resource_policy_deny_beats_identity_allow(self) -> None:
        account = new_account()
        user, other = make_user(account, "alice", ALLOW_ALL), make_user(account, "bob", ALLOW_ALL)
        make_secret(account, "secret", readers_only(user["Arn"]))
        self.assertEqual("value", read(user))
        self.refused("AccessDeniedException", read, key=other)
        self.assertEqual("secret", client("secretsmanager", other).describe_secret(SecretId="secret")["Name"])

    def test_external_id(self) -> None:
        hub, member = new_account(), new_account()
        caller = assume(hub, make_role(hub, "rotation", own_root(hub), ALLOW_ALL))
        arn = make_role(member, "member", own_root(hub), condition={"StringEquals": {"sts:ExternalId": "right"}})
        self.refused("AccessDenied", assume, key=caller, arn=arn)
        self.refused("AccessDenied", assume, key=caller, arn=arn, ExternalId="wrong")
        session = assume(caller, arn, ExternalId="right")
        self.assertEqual(member, client("sts", session).get_caller_identity()["Account"])

    def test_assume_role_answers_with_a_date(self) -> None:
        account = new_account()
        arn = make_role(account, "role", own_root(account))
        answer = client("sts", account).assume_role(RoleArn=arn, RoleSessionName="session")
        self.assertRegex(answer["ResponseMetadata"]["HTTPHeaders"]["date"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
