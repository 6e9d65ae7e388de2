"""Who a customer is by the word of the shop's own back end: a JWT signed with what the desk's settings name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from bot.config import IdentitySettings
from bot.web.widget.tokens import TokenRefused, decoded

LONGEST_SUBJECT = 256  # characters
LONGEST_NAME = 100
# By which the back end's clock may be ahead of ours.
AHEAD_SECONDS = 60
# Joiners and marks of direction, which names in Persian, Hindi or Hebrew have.
_WITHIN_WORDS = frozenset("\u200c\u200d\u200e\u200f")


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of the shop.

    Attributes:
        subject: what the shop calls them, the same for ever.
        agent: whether they are one of the desk's own people.
        expires: seconds since 1970.
    """

    subject: str
    name: str
    agent: bool
    expires: float


def read_identity(token: str, settings: IdentitySettings, now: float) -> Identity:
    """What the back end says.

    Raises:
        TokenRefused: it is not the back end that says it, or not any more, or not who it is about.
    """
    if not settings.key:
        raise TokenRefused("Nobody can prove anything to this desk.")
    claims = decoded(token, settings.key, settings.algorithm, now)
    subject, name, begins = claims["sub"], claims.get("name", ""), claims.get("nbf", 0)
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not _is_text(subject):
        raise TokenRefused("It does not say who it is about.")
    if not isinstance(begins, int | float) or begins > now + AHEAD_SECONDS:
        raise TokenRefused("It does not hold yet.")
    shown = name[:LONGEST_NAME] if isinstance(name, str) and _is_text(name) else ""
    return Identity(subject, shown, claims.get("agent") is True, float(claims["exp"]))


def _is_text(text: str) -> bool:
    """Whether it is one line that shows as it is written; JSON can say halves of characters, too, which do not."""
    return all(each.isprintable() or each in _WITHIN_WORDS or unicodedata.category(each) == "Zs" for each in text)
