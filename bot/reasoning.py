"""Takes a model's reasoning out of what it writes: `<think>…</think>`, in whatever pieces it arrives."""

from __future__ import annotations

OPENS = "<think>"
CLOSES = "</think>"


class ReasoningFilter:
    """Passes on what stands outside of `<think>…</think>`.

    Attributes:
        stray: an end without a beginning was seen, so all that was passed on before it was reasoning. Models whose
            template begins the reasoning write that when their server does not take it out.
    """

    def __init__(self) -> None:
        self.stray = False
        self._inside = False
        self._held = ""

    def feed(self, piece: str) -> str:
        """What of this piece, and of what was held back before, is no reasoning."""
        text = self._held + piece
        shown: list[str] = []
        while True:
            if self._inside:
                _, found, after = text.partition(CLOSES)
                if not found:
                    self._held = text[-(len(CLOSES) - 1) :]
                    return "".join(shown)
                self._inside, text = False, after
                continue
            opening, closing = text.find(OPENS), text.find(CLOSES)
            if closing >= 0 and (opening < 0 or closing < opening):
                self.stray = True
                shown, text = [], text[closing + len(CLOSES) :]
            elif opening >= 0:
                shown.append(text[:opening])
                self._inside, text = True, text[opening + len(OPENS) :]
            else:
                kept = _beginning_of_a_tag(text)
                self._held = text[len(text) - kept :]
                return "".join(shown) + text[: len(text) - kept]

    def finish(self) -> str:
        """What was held back in case it became a tag; nothing of reasoning that never ended."""
        held, self._held = self._held, ""
        return "" if self._inside else held


def _beginning_of_a_tag(text: str) -> int:
    """How many of the last characters could be the beginning of a tag."""
    for length in range(min(len(text), len(CLOSES) - 1), 0, -1):
        if CLOSES.startswith(text[-length:]) or OPENS.startswith(text[-length:]):
            return length
    return 0
