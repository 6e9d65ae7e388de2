"""GET /help/…: a public knowledge file as a page with the anchors that citations point to."""

from __future__ import annotations

import asyncio
import html

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.help_pages import HelpPage, HelpSection, find_page
from bot.service import Service

router = APIRouter(include_in_schema=False)


@router.get("/help/{path:path}")
async def help_page(request: Request, path: str) -> Response:
    service: Service = request.app.state.service
    page = await asyncio.to_thread(find_page, service.store, f"/help/{path}")
    if page is None:
        raise HTTPException(404)
    direction = service.phrases.get("direction", page.language or "en")
    home = service.phrases.get("page.title", page.language or "en")
    return HTMLResponse(render(page, direction, home), headers={"Cache-Control": "no-cache"})


def render(page: HelpPage, direction: str, home: str) -> str:
    """The page as HTML. Nothing of a knowledge file reaches it but escaped text."""
    title = html.escape(page.title)
    body = "\n".join(_section(section, before) for section, before in _with_before(page.sections))
    return f"""<!doctype html>
<html lang="{html.escape(page.language or "en")}" dir="{html.escape(direction)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/style.css">
</head>
<body class="help">
<header><a href="/">{html.escape(home)}</a></header>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def _with_before(sections: tuple[HelpSection, ...]) -> list[tuple[HelpSection, HelpSection | None]]:
    return list(zip(sections, (None, *sections[:-1]), strict=True))


def _section(section: HelpSection, before: HelpSection | None) -> str:
    """A passage; a section that was split into several opens only once."""
    text = f'<div class="text" dir="auto">{html.escape(section.text)}</div>'
    if before is not None and (before.anchor, before.heading) == (section.anchor, section.heading):
        return text
    anchor = f' id="{html.escape(section.anchor)}"' if section.anchor else ""
    level = min(max(len(section.heading), 2), 6)
    name = section.heading[-1] if len(section.heading) > 1 else ""
    heading = f"<h{level}{anchor}>{html.escape(name)}</h{level}>" if name else f"<div{anchor}></div>"
    return f"{heading}\n{text}"
