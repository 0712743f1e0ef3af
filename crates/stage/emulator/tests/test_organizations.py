"""Organizations."""
from botocore.exceptions import ClientError
from support import ContractTest, assume, client, make_role, new_account, stage


def organization(accounts: int = 0) -> tuple[str, object, list[str]]:
    """A new organization: id of the management account, its client, the ids of new member accounts."""
    management = new_account()
    client_of_management = client("organizations", management)
    try:
        client_of_management.create_organization(FeatureSet="ALL")
    except ClientError:
        client_of_management.describe_organization()  # stock makes the organization here
    made = [client_of_management.create_account(Email=f"{number}@example.com", AccountName=f"account-{number}")
            ["CreateAccountStatus"]["AccountId"] for number in range(accounts)]
    return management, client_of_management, made


class Patched(ContractTest):
    """Each test passes on the overlay and fails on stock ministack."""

    def test_create_organization(self) -> None:
        management, organizations, _ = organization()
        self.refused("AlreadyInOrganizationException", organizations.create_organization)
        self.assertEqual(management, organizations.describe_organization()["Organization"]["MasterAccountId"])

    def test_account_without_organization_is_refused(self) -> None:
        self.refused("AWSOrganizationsNotInUseException", client("organizations", new_account()).list_accounts)

    def test_member_may_only_describe(self) -> None:
        management, _, (member,) = organization(1)
        organizations = client("organizations", member)
        self.assertEqual(management, organizations.describe_organization()["Organization"]["MasterAccountId"])
        self.refused("AccessDeniedException", organizations.list_accounts)

    def test_list_children(self) -> None:
        _, organizations, accounts = organization(2)
        root = organizations.list_roots()["Roots"][0]["Id"]
        unit = organizations.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
        organizations.move_account(AccountId=accounts[0], SourceParentId=root, DestinationParentId=unit)
        self.assertEqual([{"Id": accounts[0], "Type": "ACCOUNT"}],
                         organizations.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"])
        self.assertEqual([{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}],
                         organizations.list_children(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")["Children"])

    def test_unknown_parent_is_refused(self) -> None:
        _, organizations, _ = organization()
        self.refused("ParentNotFoundException", organizations.list_accounts_for_parent, ParentId="r-none")

    def test_new_account_has_a_role_for_the_management_account(self) -> None:
        management, _, (account,) = organization(1)
        session = assume(management, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")
        self.assertEqual(account, client("sts", session).get_caller_identity()["Account"])
        self.assertEqual([], client("iam", session).list_users()["Users"])

    def test_accounts_have_a_state(self) -> None:
        _, organizations, (account,) = organization(1)
        found = organizations.describe_account(AccountId=account)["Account"]
        self.assertEqual("ACTIVE", found["State"])
        self.assertNotIn("Status", found)
        stage("POST", "account", {"account": account, "set": {"Status": "PENDING_CLOSURE"}})
        states = {entry["Id"]: entry["State"] for entry in organizations.list_accounts()["Accounts"]}
        self.assertEqual("PENDING_CLOSURE", states[account])

    def test_status_can_be_shown_as_it_was(self) -> None:
        _, organizations, _ = organization()
        for fields, shown in (("Status", {"Status"}), ("both", {"State", "Status"})):
            stage("POST", "settings", {"set": {"account_fields": fields}})
            try:
                account = organizations.list_accounts()["Accounts"][0]
            finally:
                stage("POST", "settings", {"set": {"account_fields": "State"}})
            self.assertEqual(shown, {"State", "Status"} & account.keys())

    def test_lists_page_by_twenty(self) -> None:
        _, organizations, accounts = organization(24)
        first = organizations.list_accounts()
        rest = organizations.list_accounts(NextToken=first["NextToken"])
        self.assertEqual((20, 5), (len(first["Accounts"]), len(rest["Accounts"])))
        self.assertNotIn("NextToken", rest)
        self.refused("InvalidInputException", organizations.list_accounts, MaxResults=21)
        root = organizations.list_roots()["Roots"][0]["Id"]
        for call, name in (("list_accounts_for_parent", "Accounts"), ("list_children", "Children")):
            options = {"ChildType": "ACCOUNT"} if call == "list_children" else {}
            pages = list(organizations.get_paginator(call).paginate(ParentId=root, **options))
            self.assertEqual([20, 5], [len(page[name]) for page in pages])
            self.assertLessEqual(set(accounts), {entry["Id"] for page in pages for entry in page[name]})

    def test_pages_can_be_short_and_empty(self) -> None:
        _, organizations, _ = organization(24)
        stage("POST", "settings", {"set": {"short_pages": True}})
        try:
            sizes = [len(page["Accounts"]) for page in organizations.get_paginator("list_accounts").paginate()]
        finally:
            stage("POST", "settings", {"set": {"short_pages": False}})
        self.assertEqual([0, 7, 0, 7, 0, 7, 0, 4], sizes)


class Alike(ContractTest):
    """Each test passes on both: what stock has right already."""

    def test_role_in_management_account_sees_its_organization(self) -> None:
        management, _, (hub,) = organization(1)
        right = {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"}
        session = assume(hub, make_role(management, "org-list", {"AWS": hub}, right))
        listed = client("organizations", session).list_accounts()["Accounts"]
        self.assertEqual({management, hub}, {account["Id"] for account in listed})
        self.refused("AccessDeniedException", client("organizations", session).list_roots)
