"""The help page: the widget's panel as a page of its own, and what both load."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.phrases import Phrases
from bot.web.compression import compressed
from bot.web.middleware import set_own_headers
from bot.web.requests import browser_languages
from bot.web.widget.access import DEFAULT_DESK, widget_of

FOLDER = Path(__file__).parent / "page"
STYLE = "style.css"
CACHED = {"Cache-Control": "no-cache"}
SHOWN = frozenset({"page", "ai", "degraded", "direction", "widget"})
VARIES = {"Vary": "Accept-Language"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PHRASE = re.compile(r'(data-phrase="([^"]+)"[^>]*>)[^<]*')

router = APIRouter(include_in_schema=False)
# Of a desk that shows no demo.
home = APIRouter(include_in_schema=False)


@home.head("/")
@home.get("/")
@router.head("/help")
@router.get("/help")
@router.head("/help/")
@router.get("/help/")
def page(request: Request, lang: str = "") -> Response:
    set_own_headers(request, {"Content-Security-Policy": POLICY})
    phrases: Phrases = request.app.state.phrases
    language = asked_language(request, lang)
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    desks = widget_of(request).settings.desks
    desk = DEFAULT_DESK if DEFAULT_DESK in desks else next(iter(desks), DEFAULT_DESK)
    text = text.replace('data-desk="default"', f'data-desk="{html.escape(desk)}"')
    return HTMLResponse(filled(text, language, phrases.catalogue(language)), headers=CACHED | VARIES)


def asked_language(request: Request, named: str) -> str:
    """The nearest language that there are phrases in to the one that is named, else to the browser's first."""
    phrases: Phrases = request.app.state.phrases
    return phrases.supported(named or next(iter(browser_languages(request)), "en"))


def filled(page: str, language: str, catalogue: Mapping[str, str]) -> str:
    """A page in a language: what stands in elements with data-phrase, and the direction of it all."""
    opening = f'<html lang="{language}" dir="{catalogue["direction"]}">'
    page = page.replace('<html lang="en" dir="ltr">', opening)
    return PHRASE.sub(lambda place: place[1] + html.escape(catalogue[place[2]]), page)


@router.get(f"/page/{STYLE}")
def style() -> Response:
    return Response((FOLDER / STYLE).read_bytes(), media_type="text/css; charset=utf-8", headers=CACHED)


@router.get("/api/phrases")
async def phrases_of(request: Request, language: str = "en") -> Response:
    phrases: Phrases = request.app.state.phrases
    catalogue = phrases.catalogue(language)
    shown = {key: text for key, text in catalogue.items() if key.split(".")[0] in SHOWN}
    body = {"language": phrases.supported(language), "languages": phrases.languages, "phrases": shown}
    content, headers = await compressed(request, orjson.dumps(body))
    return Response(content, media_type="application/json", headers=CACHED | headers)
