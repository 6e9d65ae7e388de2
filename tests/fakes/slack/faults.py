"""What may go wrong on the way to Slack and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

# "reset" drops the connection, "hangup" closes it in good order and without an answer, "status" answers with an HTTP
# status and no JSON, "hang" never answers.
Kind = Literal["delay", "hang", "status", "reset", "hangup", "ratelimited"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what happens.
        method: of which calls; `*` for any, `chat.*` for some.
        times: how often; -1 without end.
        after: the call takes effect first and only its answer is lost or late.
        seconds: of a delay, or until one may come again.
        status: of an HTTP error.
        skip: calls that pass before.
    """

    kind: Kind
    method: str = "*"
    times: int = 1
    after: bool = False
    seconds: float = 1.0
    status: int = 500
    skip: int = 0


class Faults:
    """Those that are planned, in order."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        self._planned.append(fault)

    def clear(self) -> None:
        self._planned.clear()

    def take(self, method: str) -> Fault | None:
        """What happens to this call."""
        for place, fault in enumerate(self._planned):
            if not _concerns(fault.method, method):
                continue
            if fault.skip:
                self._planned[place] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.times == 1:
                del self._planned[place]
            elif fault.times > 1:
                self._planned[place] = replace(fault, times=fault.times - 1)
            return fault
        return None


def _concerns(pattern: str, method: str) -> bool:
    return pattern in ("*", method) or (pattern.endswith("*") and method.startswith(pattern[:-1]))
