"""What the overlay remembers beside ministack's tables, the switches that tests may turn, and how patches are laid."""
from functools import partial
from typing import Any
SETTINGS = {"short_pages": False,       # pages shorter than asked for; for Organizations also empty ones with a token
            "account_fields": "State"}  # what accounts show: "State" (AWS since 2026-09-09), "Status" or "both"
LAST_USED: dict[str, dict] = {}         # access key id -> date, region and service
CREDENTIALS: dict[str, dict] = {}       # access key id -> every secret half and session token that was ever issued
LOGS: dict[str, list] = {"calls": [], "faults": [], "function-log": [], "function-calls": []}
MANAGEMENT: dict[str, str] = {}         # account id -> its organization's management account
def patch(table: dict, *names: str) -> Any:  # puts a function in the place of stock's, which is its first argument
    def replace(function: Any) -> None:
        table.update({name: partial(function, table.get(name)) for name in names})
    return replace
