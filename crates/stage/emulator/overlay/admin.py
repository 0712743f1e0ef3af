"""The admin route /_stage/... (JSON), the call log, injected faults and delays, laid around ministack's application."""
import asyncio
import calendar
import contextvars
import json
import re
import time
from collections.abc import Callable
from typing import Any
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, organizations, secretsmanager, ses
from overlay import world
from overlay.world import CALLS, FAULTS, LAST_USED, SETTINGS, Answer, patch

AGEING = (iam._users, iam._access_keys, iam._roles, iam._groups, secretsmanager._secrets, organizations._accounts)
calls_of_request: contextvars.ContextVar[list] = contextvars.ContextVar("calls_of_request")

def seconds(date: str) -> int:
    return calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ"))

def shift(record: dict, by: float) -> None:
    """Moves every date in a record, and in the records inside it, into the past."""
    for name, value in record.items():
        if isinstance(value, dict):
            shift(value, by)
        elif name.endswith(("Date", "Timestamp")) and isinstance(value, (int, float)):
            record[name] = value - by
        elif isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            record[name] = world.text(seconds(value) - by)

def age(body: dict) -> None:
    for record in [*(record for table in AGEING for record in table._data.values()), *LAST_USED.values()]:
        shift(record, body["days"] * 86400)
    for place, secret in list(secretsmanager._secrets._data.items()):
        if secret["DeletedDate"] and secret["DeletedDate"] < time.time():
            del secretsmanager._secrets._data[place]  # its recovery window is over

def set_key(body: dict) -> None:
    key = iam._access_keys._data[body["account"], body["access_key_id"]]
    key |= {"CreateDate": body.get("create_date", key["CreateDate"]), "Status": body.get("status", key["Status"])}
    if "last_used" in body:
        LAST_USED.pop(body["access_key_id"], None)
        LAST_USED.update({body["access_key_id"]: body["last_used"]} if body["last_used"] else {})

def set_user(body: dict) -> None:
    iam._users._data[body["account"], body["user"]]["CreateDate"] = body["create_date"]

def set_secret_version(body: dict) -> None:
    secret = secretsmanager._secrets._data[body["account"], body["region"], body["secret"]]
    secret["Versions"][body["version"]]["CreatedDate"] = seconds(body["created_date"])

def set_account(body: dict) -> None:
    organizations._accounts._data[world.MANAGEMENT[body["account"]], body["account"]]["Status"] = body["state"]

def mails(_body: dict) -> list:
    return [{"Account": place[0], "Region": place[1], **mail}
            for place, found in ses._sent_emails.all_items() if place[2] == "entries" for mail in found]

READ = {"settings": lambda _: SETTINGS, "credentials": lambda _: world.CREDENTIALS, "calls": lambda _: CALLS,
        "faults": lambda _: FAULTS, "function-log": lambda _: world.FUNCTION_LOG, "mails": mails}
WRITE = {"settings": SETTINGS.update, "faults": FAULTS.append, "age": age, "key": set_key, "user": set_user,
         "secret-version": set_secret_version, "account": set_account}
CLEAR = {"calls": CALLS.clear, "faults": FAULTS.clear, "function-log": world.FUNCTION_LOG.clear, "mails": ses._sent_emails.clear}

class Injected(Exception):
    """A fault that takes the place of the call."""

@patch(vars(iam_evaluator), "enforce")
def enforce(stock: Callable, key_id: str, operation: str, service: str, *rest: Any, **options: Any) -> Any:
    """Every call to every service passes here once it is known who calls what."""
    identity = iam_evaluator.resolve_caller_identity(key_id) or {"userArn": ""}
    call = {"operation": operation, "account": get_account_id(), "principal": identity["userArn"],
            "service": service, "time": time.time()}
    CALLS.append(call)
    calls_of_request.get().append(call)
    for fault in FAULTS:
        if fault["operation"] == operation and fault.get("account", call["account"]) == call["account"] and fault["times"]:
            fault["times"] -= fault["times"] > 0
            call["fault"] = dict(fault)
            if "error" in fault and fault.get("when") != "after":
                raise Injected
            break
    return stock(key_id, operation, service, *rest, **options)

def fault_answer(call: dict, headers: dict) -> Answer:
    fault = call["fault"]
    _, headers, body = iam_actions.access_denied_response(
        call["service"], call["operation"], call["principal"], "stage", error_code=fault["error"],
        message=fault.get("message", "Injected by the stage."), headers=headers)
    return fault.get("status", 400), headers, body

def administer(method: str, name: str, content: bytes) -> tuple[int, Any]:
    try:
        table = {"GET": READ, "POST": WRITE, "DELETE": CLEAR}[method]
        body = json.loads(content or b"{}")
        return 200, (table[name]() if method == "DELETE" else table[name](body)) or {}
    except (KeyError, ValueError, TypeError) as error:
        return 400, {"error": f"{method} {name}: {error!r}"}

async def reply(send: Callable, status: int, headers: dict, body: bytes) -> None:
    pairs = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})

async def application(scope: dict, receive: Callable, send: Callable) -> None:
    if scope["type"] == "http" and scope["path"].startswith("/_stage/"):
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message.get("body", b""), message.get("more_body", False)
        status, answer = administer(scope["method"], scope["path"].removeprefix("/_stage/"), content)
        return await reply(send, status, {"Content-Type": "application/json"}, json.dumps(answer).encode())
    calls, headers = [], {name.decode().lower(): value.decode() for name, value in scope.get("headers", [])}
    calls_of_request.set(calls)

    async def answer(message: dict) -> None:
        """Passes ministack's answer on, late or replaced by a fault's, where that was asked for."""
        late = next((call for call in calls if "error" in call.get("fault", {})), None)
        if message["type"] == "http.response.start":
            delays = [SETTINGS["delay_ms"], *(call["fault"].get("delay_ms", 0) for call in calls if "fault" in call)]
            await asyncio.sleep(sum(delays) / 1000)
            for call in calls:
                call["status"] = message["status"]
            if late:
                await reply(send, *fault_answer(late, headers))
        if not late:
            await send(message)
    try:
        await app.app(scope, receive, answer)
    except Injected:
        await reply(send, *fault_answer(calls[-1], headers))
