"""The plain page at / and what it loads. A browser gets the page without one line of script in it."""

from __future__ import annotations

import html
from pathlib import Path

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.phrases import Phrases
from bot.web.requests import browser_languages

FOLDER = Path(__file__).parent / "page"
ASSETS = {"style.css": "text/css; charset=utf-8", "ask.js": "text/javascript; charset=utf-8"}
CACHED = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(request: Request) -> Response:
    phrases: Phrases = request.app.state.phrases
    catalogue = phrases.catalogue(next(iter(browser_languages(request)), "en"))
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    for place, key in (("__TITLE__", "page.title"), ("__NO_SCRIPT__", "page.no_script")):
        text = text.replace(place, html.escape(catalogue[key]))
    return HTMLResponse(text, headers=CACHED)


@router.get("/page/{name}")
async def asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404)
    return Response((FOLDER / name).read_bytes(), media_type=ASSETS[name], headers=CACHED)


@router.get("/api/phrases")
async def phrases_of(request: Request, language: str = "en") -> Response:
    phrases: Phrases = request.app.state.phrases
    catalogue = phrases.catalogue(language)
    shown = {key: text for key, text in catalogue.items() if key.split(".")[0] in {"page", "ai", "direction"}}
    body = {"language": phrases.supported(language), "languages": phrases.languages, "phrases": shown}
    return Response(orjson.dumps(body), media_type="application/json", headers=CACHED)
