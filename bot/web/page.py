"""The plain page at / and what it loads. A browser gets the page without one line of script in it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.phrases import Phrases
from bot.web.requests import browser_languages

FOLDER = Path(__file__).parent / "page"
SCRIPT = "text/javascript; charset=utf-8"
ASSETS = {"style.css": "text/css; charset=utf-8", "ask.js": SCRIPT, "text.js": SCRIPT}
CACHED = {"Cache-Control": "no-cache"}
SHOWN = frozenset({"page", "ai", "degraded", "direction", "widget"})
VARIES = {"Vary": "Accept-Language"}
PHRASE = re.compile(r'(data-phrase="([^"]+)"[^>]*>)[^<]*')

router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
async def page(request: Request) -> Response:
    phrases: Phrases = request.app.state.phrases
    language = phrases.supported(next(iter(browser_languages(request)), "en"))
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    return HTMLResponse(filled(text, language, phrases.catalogue(language)), headers=CACHED | VARIES)


def filled(page: str, language: str, catalogue: Mapping[str, str]) -> str:
    """The page in a language, so that it reads right before its script runs, and without it."""
    opening = f'<html lang="{language}" dir="{catalogue["direction"]}">'
    page = page.replace('<html lang="en" dir="ltr">', opening)
    return PHRASE.sub(lambda place: place[1] + html.escape(catalogue[place[2]]), page)


@router.get("/page/{name}")
async def asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404)
    return Response((FOLDER / name).read_bytes(), media_type=ASSETS[name], headers=CACHED)


@router.get("/api/phrases")
async def phrases_of(request: Request, language: str = "en") -> Response:
    phrases: Phrases = request.app.state.phrases
    catalogue = phrases.catalogue(language)
    shown = {key: text for key, text in catalogue.items() if key.split(".")[0] in SHOWN}
    body = {"language": phrases.supported(language), "languages": phrases.languages, "phrases": shown}
    return Response(orjson.dumps(body), media_type="application/json", headers=CACHED)
