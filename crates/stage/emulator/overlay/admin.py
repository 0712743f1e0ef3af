"""The admin route /_stage/... (JSON), the call log and injected faults, laid around ministack's application."""
import asyncio, calendar, contextvars, fnmatch, json, re, time
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam, organizations, s3, secretsmanager, ses
from overlay.world import CREDENTIALS, LAST_USED, LOGS, MANAGEMENT, SETTINGS, Any, patch
users, keys, secrets, mails = iam._users._data, iam._access_keys._data, secretsmanager._secrets._data, ses._sent_emails
accounts, buckets, ISO = organizations._accounts._data, s3._buckets._data, "%Y-%m-%dT%H:%M:%S"
RECORDS: dict[str, Any] = {  # what POST /_stage/NAME sets fields of
    "user": lambda body: users[body["account"], body["user"]],
    "key": lambda body: keys[body["account"], body["access_key_id"]],
    "last-use": lambda body: LAST_USED.setdefault(body["access_key_id"], {}),
    "secret-version": lambda body: secrets[body["account"], body["region"], body["secret"]]["Versions"][body["id"]],
    "account": lambda body: accounts[MANAGEMENT[body["account"]], body["account"]],
    "settings": lambda body: SETTINGS, "credentials": lambda body: CREDENTIALS,
    "mails": lambda body: {"/".join(place[:2]): sent[body.get("after", 0):] for place, sent in mails.all_items()}}
calls_of_request: contextvars.ContextVar[list] = contextvars.ContextVar("calls_of_request")
def shift(record: Any, by: float) -> Any:  # moves every date in a record, and in those inside it, into the past
    for name, value in record.items() if isinstance(record, dict) else enumerate(record):
        if isinstance(value, (dict, list)):
            shift(value, by)
        elif isinstance(value, str) and (date := re.fullmatch(r"(\d{4}-\d\d-\d\dT[\d:]{8})((\.\d+)?Z)", value)):
            record[name] = time.strftime(ISO, time.gmtime(calendar.timegm(time.strptime(date[1], ISO)) - by)) + date[2]
        elif isinstance(value, (int, float)) and str(name).endswith(("Date", "Timestamp")):
            record[name] = value - by
    return record
def age(days: float) -> None:
    shift([users, keys, iam._roles._data, iam._groups._data, secrets, accounts, LAST_USED], days * 86400)
    for item in [item for place in buckets.values() for key, item in place["objects"].items() if key[-5:] == ".json"]:
        item.update(s3._build_object_record(json.dumps(shift(json.loads(item["body"]), days * 86400)).encode(), {}))
    for place in [place for place, secret in secrets.items() if 0 < (secret["DeletedDate"] or 0) < time.time()]:
        del secrets[place]  # its recovery window is over
def add_users(account: str, of_account: list, of_keys: list, last_uses: dict) -> None:  # thousands at once
    users.update({(account, user["UserName"]): user for user in of_account})
    keys.update({(account, key["AccessKeyId"]): key for key in of_keys})
    LAST_USED.update(last_uses)
def administer(method: str, name: str, body: Any) -> Any:
    if method == "POST" and name in ("age", "faults"):
        return age(body["days"]) if name == "age" else LOGS[name].append({"times": 1, **body})
    if (method, name) == ("POST", "users"):
        return add_users(body["account"], body["users"], body["keys"], body["last_uses"])
    if name in LOGS:
        return LOGS[name].clear() if method == "DELETE" else LOGS[name]
    return RECORDS[name](body).update(body["set"]) if method == "POST" else RECORDS[name](body)
class Injected(Exception):
    """A fault that takes the place of a call or of its answer."""
@patch(vars(iam_evaluator), "enforce")
def enforce(stock: Any, key_id: str, operation: str, service: str, *rest: Any, **options: Any) -> Any:
    """Every call passes here once it is known who calls what. GetObject of what is missing needs ListBucket on AWS."""
    caller, account = iam_evaluator.resolve_caller_identity(key_id) or {}, iam.get_account_id()
    call = {"operation": operation, "account": account, "principal": caller.get("userArn"), "time": time.time(),
            "resource": (resource := options.get("resource_arn", "*"))}
    LOGS["calls"].append(call)
    calls_of_request.get().append(call)
    meant = (fault for fault in LOGS["faults"] if fault["times"] and fault.get("account", account) == account)
    if fault := next((fault for fault in meant if fnmatch.fnmatch(operation, fault["operation"])), None):
        fault["times"] -= fault["times"] > 0  # a negative number is for ever
        call["fault"] = fault | {"service": service}
        if "error" in fault and not fault.get("after"):
            raise Injected
    bucket, _, name = resource.partition(":::")[2].partition("/")
    is_missing = operation == "s3:GetObject" and name not in s3._buckets.get(bucket, {}).get("objects", {})
    denied = is_missing and stock(key_id, "s3:ListBucket", service, *rest, **options | {"resource_arn": f"arn:aws:s3:::{bucket}"})
    return denied or stock(key_id, operation, service, *rest, **options)
async def reply(send: Any, status: int, headers: dict, body: bytes) -> None:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
async def application(scope: dict, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and scope["path"].startswith("/_stage/"):
        try:
            body = json.loads((await app._read_request_body(receive, "POST", {})) or b"{}")
            status, result = 200, administer(scope["method"], scope["path"].removeprefix("/_stage/"), body)
        except (KeyError, ValueError, TypeError) as error:
            status, result = 400, {"error": repr(error)}
        return await reply(send, status, {"Content-Type": "application/json"}, json.dumps(result).encode())
    calls_of_request.set(calls := [])
    async def answer(message: dict) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(sum(call["fault"].get("delay_ms", 0) for call in calls if "fault" in call) / 1000)
            for call in calls:
                call["status"] = message["status"]
                if "error" in call.get("fault", {}):
                    raise Injected
        await send(message)
    try:
        await app.app(scope, receive, answer)
    except Injected:  # answered in the protocol of the service that was called
        call, headers = calls[-1], {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        fault, call["status"] = call["fault"], call["fault"].get("status", 400)
        _, *denial = iam_actions.access_denied_response(fault["service"], call["operation"], "", "", message="Injected",
                                                        error_code=fault["error"], headers=headers)
        await reply(send, call["status"], *denial)
