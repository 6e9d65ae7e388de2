"""Who is an operator: whoever holds the token that lies in the data folder."""

from __future__ import annotations

import secrets

from fastapi import Request
from starlette.exceptions import HTTPException

CHALLENGE = {"WWW-Authenticate": "Bearer"}


def require_operator(request: Request) -> None:
    """Lets operators pass.

    Raises:
        HTTPException: 401, whatever is wrong with the token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected: str = request.app.state.operator_token
    given = token.strip().encode("utf-8", "surrogateescape")
    if scheme.lower() != "bearer" or not secrets.compare_digest(given, expected.encode()):
        raise HTTPException(401, "This needs the operator's token from desk.json in the data folder.", CHALLENGE)
