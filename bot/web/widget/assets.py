"""The widget's files: the loader that a page names, the panel in its frame, and what the panel loads."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.web.compression import compressed
from bot.web.middleware import set_own_headers
from bot.web.widget.access import DEFAULT_DESK, widget_of

FOLDER = Path(__file__).parent / "static"
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\Z")
SCRIPT = "text/javascript; charset=utf-8"
OF_ANY_PAGE = {"Cross-Origin-Resource-Policy": "cross-origin"}
ALLOWED = {"Access-Control-Allow-Origin": "*"}
PANEL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types 'none'"
)

router = APIRouter(include_in_schema=False)


@router.head("/widget.js")
@router.get("/widget.js")
async def loader(request: Request) -> Response:
    set_own_headers(request, OF_ANY_PAGE | ALLOWED)
    script, headers = await _file(request, "widget.js")
    tag = f'"{hashlib.sha256(script).hexdigest()[:32]}"'
    headers |= {"Cache-Control": "public, max-age=300", "ETag": tag}
    known = (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(","))
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(script, media_type=SCRIPT, headers=headers)


@router.head("/widget/panel")
@router.get("/widget/panel")
async def panel(request: Request, desk: str = DEFAULT_DESK) -> Response:
    origins = widget_of(request).desk(desk).origins
    page, headers = await _file(request, "panel.html")
    policy = PANEL_POLICY.format(ancestors=" ".join(("'self'", *origins)))
    # With its own embedder policy also pages that ask for one may show it.
    more = {"Content-Security-Policy": policy, "Cross-Origin-Embedder-Policy": "require-corp"}
    set_own_headers(request, OF_ANY_PAGE | more)
    return HTMLResponse(page, headers=headers | {"Cache-Control": "no-cache"})


@router.head("/widget/assets/{name}")
@router.get("/widget/assets/{name}")
async def asset(request: Request, name: str) -> Response:
    # What the loader loads is a module, which pages of other origins get only so.
    set_own_headers(request, OF_ANY_PAGE | ALLOWED)
    if not NAME.match(name):
        raise HTTPException(404)
    content, headers = await _file(request, f"assets/{name}")
    kind = SCRIPT if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    # Names change with what they hold; the bridge's only with what it fits to, as old loaders ask for it.
    age = "300" if name.startswith("bridge-") else "31536000, immutable"
    return Response(content, media_type=kind, headers=headers | {"Cache-Control": f"public, max-age={age}"})


async def _file(request: Request, name: str) -> tuple[bytes, dict[str, str]]:
    """What a file holds, as small as the browser takes it, and the headers that tell how."""
    try:
        content = await asyncio.to_thread((FOLDER / name).read_bytes)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise HTTPException(404) from error
    return await compressed(request, content)
