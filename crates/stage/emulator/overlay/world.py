"""What the overlay remembers beside ministack's own tables, the switches that tests may turn, and how patches are laid."""
import functools
import time
from collections.abc import Callable

Answer = tuple[int, dict, bytes]
SETTINGS = {
    "short_pages": False,            # pages shorter than asked for; for Organizations also empty ones with a token
    "account_fields": "State",       # what accounts show: "State" (as AWS since 2026-09-09), "Status" or "both"
    "new_key_delay_ms": 0,           # a new access key is unknown for so long, as while IAM propagates
    "delay_ms": 0,                   # every answer comes so much later
    "next_account_ids": [],          # ids that the next CreateAccount calls hand out, in order
    "delegated_administrators": [],  # members that may list and describe the organization
}
LAST_USED: dict[str, dict] = {}        # access key id -> date, region and service
KEY_ISSUED_AT: dict[str, float] = {}   # access key id -> time of issue, never aged
CREDENTIALS: list[dict] = []           # every secret half and session token that was ever issued
FUNCTION_LOG: list[dict] = []          # every line that a function wrote to stdout or stderr
MANAGEMENT: dict[str, str] = {}        # account id -> its organization's management account

def patch(table: dict, *names: str) -> Callable:
    """Puts a function in the place of stock's, which it gets as its first argument."""
    def replace(function: Callable) -> Callable:
        table.update({name: functools.partial(function, table.get(name)) for name in names})
        return function
    return replace

def text(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
