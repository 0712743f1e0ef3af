"""Secrets Manager."""
from support import ALLOW_ALL, ContractTest, client, document, make_user, new_account

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}


def stages(secrets: object) -> dict[str, set[str]]:
    listed = secrets.list_secret_version_ids(SecretId="secret", IncludeDeprecated=True)["Versions"]
    return {version["VersionId"]: set(version["VersionStages"]) for version in listed}


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def secret(self, **options: object) -> object:
        secrets = client("secretsmanager", new_account())
        secrets.create_secret(Name="secret", **options)
        return secrets

    def test_put_with_a_used_token(self) -> None:
        secrets = self.secret(SecretString="old")
        put = {"SecretId": "secret", "ClientRequestToken": TWO, "VersionStages": ["AWSPENDING"]}
        for _ in range(2):
            self.assertEqual(TWO, secrets.put_secret_value(SecretString="new", **put)["VersionId"])
        self.refused("ResourceExistsException", secrets.put_secret_value, SecretString="other", **put)
        found = secrets.get_secret_value(SecretId="secret", VersionStage="AWSPENDING")["SecretString"]
        self.assertEqual("new", found)

    def test_create_with_a_used_token(self) -> None:
        secrets = self.secret(SecretString="value", ClientRequestToken=ONE)
        again = secrets.create_secret(Name="secret", SecretString="value", ClientRequestToken=ONE)
        self.assertEqual(ONE, again["VersionId"])
        for token, value in ((ONE, "other"), (TWO, "value")):
            self.refused("ResourceExistsException", secrets.create_secret, Name="secret", SecretString=value,
                         ClientRequestToken=token)

    def test_secret_without_value_has_no_version(self) -> None:
        secrets = self.secret()
        self.assertEqual({}, stages(secrets))
        self.refused("ResourceNotFoundException", secrets.get_secret_value, SecretId="secret")

    def test_first_version_is_current(self) -> None:
        secrets = self.secret()
        secrets.put_secret_value(SecretId="secret", SecretString="v", ClientRequestToken=ONE, VersionStages=["AWSPENDING"])
        self.assertEqual({ONE: {"AWSCURRENT", "AWSPENDING"}}, stages(secrets))

    def test_a_label_is_on_one_version_only(self) -> None:
        secrets = self.secret(SecretString="value", ClientRequestToken=ONE)
        for token in (TWO, THREE):
            secrets.put_secret_value(SecretId="secret", SecretString=token, ClientRequestToken=token, VersionStages=["AWSPENDING"])
        self.assertEqual({ONE: {"AWSCURRENT"}, TWO: set(), THREE: {"AWSPENDING"}}, stages(secrets))

    def test_public_policy_is_blocked(self) -> None:
        secrets = self.secret(SecretString="value")
        for principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
            self.refused("PublicPolicyException", secrets.put_resource_policy, SecretId="secret", BlockPublicPolicy=True,
                         ResourcePolicy=document(PUBLIC | {"Principal": principal}))
        secrets.put_resource_policy(SecretId="secret", ResourcePolicy=document(PUBLIC | {"Effect": "Deny"}), BlockPublicPolicy=True)
        secrets.put_resource_policy(SecretId="secret", ResourcePolicy=document(PUBLIC))

    def test_malformed_policy_is_refused(self) -> None:
        secrets = self.secret(SecretString="value")
        for policy in ("{", "[]", document(), document({"Effect": "Maybe"}), document({"Effect": "Allow", "Action": "*", "Resource": "*"})):
            self.refused("MalformedPolicyDocumentException", secrets.put_resource_policy, SecretId="secret", ResourcePolicy=policy)

    def test_not_principal_is_refused(self) -> None:
        statement = {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}
        self.refused("MalformedPolicyDocumentException", self.secret(SecretString="value").put_resource_policy,
                     SecretId="secret", ResourcePolicy=document(statement))

    def shared(self, *allowed: dict) -> tuple[str, object]:
        """A secret whose policy lets a user of another account read it, and that user's client, who has these rights."""
        hub, member = new_account(), new_account()
        user = make_user(member, "alice", *allowed)
        secrets = client("secretsmanager", hub)
        arn = secrets.create_secret(Name="secret", SecretString="value")["ARN"]
        secrets.put_resource_policy(SecretId="secret", ResourcePolicy=document(PUBLIC | {"Principal": {"AWS": user["Arn"]}}))
        return arn, client("secretsmanager", user)

    def test_secret_of_another_account(self) -> None:
        arn, reader = self.shared(ALLOW_ALL)
        self.assertEqual("value", reader.get_secret_value(SecretId=arn)["SecretString"])
        for reference in ("secret", arn[:-7]):
            self.refused("ResourceNotFoundException", reader.get_secret_value, SecretId=reference)

    def test_policy_of_another_accounts_secret(self) -> None:
        arn, reader = self.shared(ALLOW_ALL)
        self.assertEqual("value", reader.get_secret_value(SecretId=arn)["SecretString"])
        for allowed, policy in ([], None), ([ALLOW_ALL], {"Effect": "Deny", "Principal": "*"}), ([ALLOW_ALL], {}):
            arn, reader = self.shared(*allowed)
            if policy is not None:
                hub = client("secretsmanager", arn.split(":")[4])
                hub.delete_resource_policy(SecretId="secret")
                if policy:
                    hub.put_resource_policy(SecretId="secret", ResourcePolicy=document(PUBLIC | policy))
            self.refused("AccessDeniedException", reader.get_secret_value, SecretId=arn)


    def test_a_secret_with_replicas_is_not_deleted(self) -> None:
        account = new_account()
        secrets, replica = client("secretsmanager", account), client("secretsmanager", account, "eu-west-1")
        secrets.create_secret(Name="secret", SecretString="value")
        secrets.replicate_secret_to_regions(SecretId="secret", AddReplicaRegions=[{"Region": "eu-west-1"}])
        self.refused("InvalidParameterException", secrets.delete_secret, SecretId="secret", RecoveryWindowInDays=30)
        left = secrets.remove_regions_from_replication(SecretId="secret", RemoveReplicaRegions=["eu-west-1"])
        self.assertEqual([], left["ReplicationStatus"])
        self.refused("ResourceNotFoundException", replica.get_secret_value, SecretId="secret")
        self.assertEqual("value", secrets.get_secret_value(SecretId="secret")["SecretString"])
        secrets.delete_secret(SecretId="secret", RecoveryWindowInDays=30)


class Alike(ContractTest):
    """Each test passes on both: what stock has right already."""

    def test_labels_move_as_rotation_needs(self) -> None:
        secrets = client("secretsmanager", new_account())
        first = secrets.create_secret(Name="secret", SecretString="old", ClientRequestToken=ONE)["VersionId"]
        secrets.put_secret_value(SecretId="secret", SecretString="new", ClientRequestToken=TWO, VersionStages=["AWSPENDING"])
        move = {"SecretId": "secret", "MoveToVersionId": TWO}
        secrets.update_secret_version_stage(VersionStage="AWSCURRENT", RemoveFromVersionId=first, **move)
        secrets.update_secret_version_stage(SecretId="secret", VersionStage="AWSPENDING", RemoveFromVersionId=TWO)
        self.assertEqual({first: {"AWSPREVIOUS"}, TWO: {"AWSCURRENT"}}, stages(secrets))
        self.assertEqual("new", secrets.get_secret_value(SecretId="secret")["SecretString"])

    def test_replica_regions(self) -> None:
        account = new_account()
        secrets = client("secretsmanager", account)
        secrets.create_secret(Name="secret", SecretString="value")
        secrets.replicate_secret_to_regions(SecretId="secret", AddReplicaRegions=[{"Region": "eu-west-1"}])
        replica = client("secretsmanager", account, "eu-west-1")
        self.assertEqual("value", replica.get_secret_value(SecretId="secret")["SecretString"])
