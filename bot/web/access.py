"""Who is an operator: whoever holds the token that lies in the data folder."""

from __future__ import annotations

import secrets

from fastapi import Request
from starlette.exceptions import HTTPException

CHALLENGE = {"WWW-Authenticate": "Bearer"}


def is_operator(request: Request) -> bool:
    """Whether the request has the operator's token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected: str = request.app.state.operator_token
    given = token.strip().encode("utf-8", "surrogateescape")
    return scheme.lower() == "bearer" and secrets.compare_digest(given, expected.encode())


def require_operator(request: Request) -> None:
    """Lets operators pass.

    Raises:
        HTTPException: 401, whatever is wrong with the token.
    """
    if not is_operator(request):
        raise HTTPException(401, "This needs the operator's token from desk.json in the data folder.", CHALLENGE)
