"""GET /help/…: a public knowledge file as a page with the anchors that citations point to."""

from __future__ import annotations

import asyncio
import html
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.help_pages import HelpPage, HelpSection, find_page
from bot.service import Service
from bot.web.tables import as_html, joined

router = APIRouter(include_in_schema=False)


@router.head("/help/{path:path}")
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
    body = "\n".join(_section(section) for section in _whole(page.sections))
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
<header><a href="/help">{html.escape(home)}</a></header>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def _whole(sections: tuple[HelpSection, ...]) -> list[HelpSection]:
    """The sections, with the passages that one was split into joined again."""
    whole: list[HelpSection] = []
    for section in sections:
        if whole and (whole[-1].anchor, whole[-1].heading) == (section.anchor, section.heading):
            whole[-1] = replace(whole[-1], text=joined(whole[-1].text, section.text))
        else:
            whole.append(section)
    return whole


def _section(section: HelpSection) -> str:
    anchor = f' id="{html.escape(section.anchor)}"' if section.anchor else ""
    level = min(max(len(section.heading), 2), 6)
    name = section.heading[-1] if len(section.heading) > 1 else ""
    heading = f"<h{level}{anchor}>{html.escape(name)}</h{level}>" if name else f"<div{anchor}></div>"
    return f"{heading}\n{as_html(section.text)}"
