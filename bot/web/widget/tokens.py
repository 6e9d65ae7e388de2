"""What a widget proves itself with: three kinds of JWT, none of which can pass for another."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options

from bot.chats.values import Owner

TICKET_SECONDS = 60
ACCESS_SECONDS = 900
LONGEST_TOKEN = 4_096  # characters

_ALGORITHM = "HS256"
_TICKET, _ACCESS, _CREDENTIAL = "polydesk-ticket", "polydesk-access", "polydesk-visitor"


class TokenRefused(Exception):
    """It is not one of ours, or of another kind, or has expired. Nobody is told which."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who speaks.

    Attributes:
        name: of a user whose identity was proven.
        agent: whether it was proven that they are one of the desk's own people.
        issued, expires: seconds since 1970.
    """

    owner: Owner
    issued: float
    expires: float
    name: str = ""
    agent: bool = False


class Tokens:
    """Makes and reads the tokens of one desk process.

    Args:
        key: secret; whoever has it can speak for anybody.
        keep_days: how long an anonymous visitor is known.
        clock: the time in seconds since 1970.

    Attributes:
        renewal_seconds: for how long a credential stays the same. A browser's tabs tell each other of a new one, and
            each then asks for a session: if that brought a new one again they would never come to rest.
    """

    def __init__(self, key: bytes, keep_days: int, clock: Callable[[], float]) -> None:
        self._key = hmac.digest(key, b"tokens", "sha256")
        self._user_key = hmac.digest(key, b"users", "sha256")
        self._keep = keep_days * 86_400
        self.renewal_seconds = min(86_400, self._keep / 2)
        self.clock = clock

    @staticmethod
    def new_visitor() -> str:
        """An id for somebody of whom nothing is known."""
        return f"v.{secrets.token_hex(16)}"

    def user(self, desk: str, subject: str) -> str:
        """The visitor that a user of the shop is, on whatever device."""
        said = f"{desk}\0{subject}".encode()
        return f"u.{hmac.new(self._user_key, said, hashlib.sha256).hexdigest()[:40]}"

    def ticket(self, desk: str, origin: str) -> str:
        """What a page's loader hands to its panel: that the browser says where it runs."""
        return self._made(_TICKET, TICKET_SECONDS, desk=desk, origin=origin)

    def read_ticket(self, token: str) -> tuple[str, str]:
        """Desk and origin.

        Raises:
            TokenRefused: see there.
        """
        claims = self._read(_TICKET, token)
        return claims["desk"], claims["origin"]

    def access(self, owner: Owner, seconds: int, name: str = "", agent: bool = False) -> str:
        """What every request of the panel carries."""
        more = {"desk": owner.desk, "origin": owner.origin, "name": name, "agent": agent}
        return self._made(_ACCESS, seconds, sub=owner.visitor, **more)

    def read_access(self, token: str) -> Access:
        """Who speaks.

        Raises:
            TokenRefused: see there.
        """
        claims = self._read(_ACCESS, token)
        owner = Owner(claims["sub"], claims["desk"], claims["origin"])
        return Access(owner, claims["iat"], claims["exp"], claims["name"], claims["agent"])

    def credential(self, owner: Owner) -> str:
        """What an anonymous visitor keeps to be known again."""
        return self._made(_CREDENTIAL, self._keep, sub=owner.visitor, desk=owner.desk, origin=owner.origin)

    def read_credential(self, token: str) -> tuple[Owner, float]:
        """The visitor, and when they got it.

        Raises:
            TokenRefused: see there.
        """
        claims = self._read(_CREDENTIAL, token)
        return Owner(claims["sub"], claims["desk"], claims["origin"]), claims["iat"]

    def _made(self, audience: str, seconds: int, **claims: object) -> str:
        now = self.clock()
        return jwt.encode({"aud": audience, "iat": now, "exp": now + seconds, **claims}, self._key, _ALGORITHM)

    def _read(self, audience: str, token: str) -> Mapping[str, Any]:
        return decoded(token, self._key, _ALGORITHM, self.clock(), audience=audience)


def decoded(token: str, key: str | bytes, algorithm: str, now: float, audience: str | None = None) -> dict[str, Any]:
    """The claims of a JWT that is signed so, has not expired, and names its subject where it has no audience.

    Raises:
        TokenRefused: see there.
    """
    if len(token) > LONGEST_TOKEN:
        raise TokenRefused("It is too long.")
    # Times are compared here, by the desk's clock.
    options: Options = {
        "require": ["exp", "sub"] if audience is None else ["exp", "iat", "aud"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "verify_aud": audience is not None,
    }
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], audience=audience, options=options)
        good = float(claims["exp"]) > now
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TokenRefused(type(error).__name__) from error
    if not good:
        raise TokenRefused("It has expired.")
    return claims
