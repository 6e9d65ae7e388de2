"""One event of a streamed chat completion, whatever a server sends for one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# What names an error; never its sentence, as some gateways repeat the request there, and so a customer's words.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}|\d{1,5}")
_HIGH_SURROGATE = re.compile("[\ud800-\udbff]\\Z")
_REASONING = ("reasoning_content", "reasoning")


class NoChatEvent(ValueError):
    """What came is none, or says that the server failed; the text goes on after "failed: "."""


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """What one event says.

    Attributes:
        text: the next piece of the answer, often "".
        finished: why the model stopped, None while it goes on.
        reasons: whether the event holds reasoning that the server took out of the answer.
    """

    text: str = ""
    finished: str | None = None
    reasons: bool = False


def read_event(data: str) -> ChatEvent:
    """What the data of a server-sent event say.

    Raises:
        NoChatEvent: see there.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NoChatEvent("an event of its answer is no JSON") from error
    match found:
        case {"error": {**details}}:
            raise NoChatEvent(f"it reports an error{_names(details)}")
        case {"error": str()}:
            raise NoChatEvent("it reports an error")
        case {"choices": [{"delta": {**delta}, **choice}, *_]}:
            text, finished = delta.get("content"), choice.get("finish_reason")
            return ChatEvent(
                text if isinstance(text, str) else "",
                finished if isinstance(finished, str) else None,
                any(delta.get(key) for key in _REASONING),
            )
        case {"choices": []}:
            # Figures of use, which some servers send last.
            return ChatEvent()
    raise NoChatEvent("an event of its answer is no chat completion")


class WholeCharacters:
    """Makes text of what may hold halves of characters: JSON can say them, and proxies cut between them."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """The piece with its halves joined or replaced; a first half at its end waits for the next piece."""
        text = self._half + piece
        self._half = text[-1:] if _HIGH_SURROGATE.search(text) else ""
        whole = text[: len(text) - len(self._half)]
        return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def finish(self) -> str:
        """What stands for a half whose other never came."""
        half, self._half = self._half, ""
        return "\N{REPLACEMENT CHARACTER}" if half else ""


def _names(details: dict[object, object]) -> str:
    names = [str(details.get(key)) for key in ("type", "code") if details.get(key) is not None]
    sound = dict.fromkeys(name for name in names if _NAME.fullmatch(name))
    return f" ({', '.join(sound)})" if sound else ""
