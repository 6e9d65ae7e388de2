"""How the stand-in says no, and which of it is the app's fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# What may happen to an app that does everything right: people leave channels, delete messages, uninstall, are slow.
_CIRCUMSTANCES = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "expired_trigger_id",
        "expired_url",
        "fatal_error",
        "hash_conflict",
        "internal_error",
        "invalid_auth",
        "invalid_code",
        "is_archived",
        "message_not_found",
        "message_not_in_streaming_state",
        "not_found",
        "not_in_channel",
        "already_reacted",
        "ratelimited",
        "thread_not_found",
        "token_revoked",
        "user_not_found",
        "user_not_in_channel",
    }
)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something the app sent that it could have known to be wrong.

    Attributes:
        method: of the Web API, or `response_url`, `ack`, `socket`.
        rule: Slack's error code, or `control_sequence`, `unfurls`, … where Slack would not object.
        detail: what exactly.
    """

    method: str
    rule: str
    detail: str


class Refused(Exception):
    """An answer with `ok: false`.

    Attributes:
        error: Slack's code.
        messages: as in `response_metadata.messages`.
        more: further fields of the answer.
        fault: the app could have known.
        status: of the HTTP answer.
        headers: of the HTTP answer.
    """

    def __init__(
        self,
        error: str,
        messages: Sequence[str] = (),
        *,
        fault: bool | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{error}: {'; '.join(messages)}" if messages else error)
        self.error = error
        self.messages = tuple(messages)
        self.more = more
        self.fault = error not in _CIRCUMSTANCES if fault is None else fault
        self.status = status
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return answer
