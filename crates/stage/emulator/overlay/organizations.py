"""Organizations: membership, paging, ListChildren, account states, the role in new accounts."""
import json
from collections.abc import Callable
from typing import Any
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import iam, organizations
from overlay.world import MANAGEMENT, SETTINGS, Answer, patch

handlers = organizations._DISPATCH
OLD_STATUS = {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}  # states that the retired Status cannot name

@patch(vars(organizations), "handle_request")
async def inside(stock: Callable, method: str, path: str, headers: dict, *rest: Any) -> Answer:
    """AWS answers the management account and, for reading, delegated administrators; stock gives everybody their own."""
    operation, caller = headers.get("x-amz-target", "").rpartition(".")[2], get_account_id()
    management = MANAGEMENT.get(caller)
    if management is None and operation != "CreateOrganization":
        return error_response_json("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    reading = caller in SETTINGS["delegated_administrators"] and operation.startswith(("List", "Describe"))
    if not reading and operation not in ("CreateOrganization", "DescribeOrganization") and management != caller:
        return error_response_json("AccessDeniedException", "You don't have permissions to access this resource.")
    with request_scope(management or caller, get_region()):
        return await stock(method, path, headers, *rest)

@patch(vars(organizations), "_public_account")
def public_account(_stock: Callable, account: dict) -> dict:
    """Account: AWS retired Status for State and gives Paths; stock knows Status and Path."""
    steps, state, fields = [account["_ParentId"]], account["Status"], SETTINGS["account_fields"]
    while above := (organizations._ous.get(steps[0]) or {}).get("_ParentId"):
        steps.insert(0, above)
    shown = {name: value for name, value in account.items() if name[0] != "_" and name not in ("Status", "Path")}
    shown["Paths"] = ["/".join([organizations._orgs["self"]["Id"], *steps, ""])]
    return shown | ({"State": state} if fields != "Status" else {}) | (
        {"Status": OLD_STATUS.get(state, state)} if fields != "State" else {})

@patch(handlers, "CreateOrganization")
def create_organization(_stock: None, _payload: dict) -> Answer:
    """CreateOrganization: AWS has it; stock makes an organization for every account that asks."""
    if get_account_id() in MANAGEMENT:
        return error_response_json("AlreadyInOrganizationException", "The account is already in an organization.")
    MANAGEMENT[get_account_id()] = get_account_id()
    return organizations._describe_organization({})

@patch(handlers, "ListChildren")
def list_children(_stock: None, payload: dict) -> Answer:
    """ListChildren: AWS has it; stock has not."""
    kind = payload["ChildType"]
    table = organizations._accounts if kind == "ACCOUNT" else organizations._ous
    return organizations._json(200, {"Children": [{"Id": name, "Type": kind} for name, child in table.items()
                                                  if child["_ParentId"] == payload["ParentId"]]})

@patch(handlers, "CreateAccount")
def create_account(stock: Callable, payload: dict) -> Answer:
    """CreateAccount: AWS makes a role in the new account that the management account may assume; stock makes none."""
    digits, role, management = organizations.new_uuid, payload.get("RoleName") or "OrganizationAccountAccessRole", get_account_id()
