"""The demo: the page of a shop that embeds the widget, at / of a desk that was started with --demo."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.numbers import format_currency, format_decimal
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from bot.phrases import Phrases
from bot.web.middleware import set_own_headers
from bot.web.page import CACHED, VARIES, asked_language, filled

FOLDER = Path(__file__).parent / "demo"
KINDS = {".svg": "image/svg+xml", ".css": "text/css; charset=utf-8"}
# As strict as a page with one script can be; the widget asks for no more.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Bike:
    """What the shop sells, as knowledge/bikes/models.md has it.

    Attributes:
        key: of its picture and its phrase.
        price: in euros, with tax.
        battery: in watt hours, as it is written.
        weight: in kilograms.
    """

    key: str
    name: str
    price: int
    motor: str
    battery: str
    weight: float


BIKES = (
    Bike("city", "City 3", 2349, "H40", "418", 19.8),
    Bike("tour", "Tour 5", 3199, "M75", "625", 24.6),
    Bike("cargo", "Cargo 2", 4890, "M85", "2 × 500", 38.5),
    Bike("fold", "Fold 1", 1799, "H40", "250", 16.2),
    Bike("speed", "Speed 45", 4299, "M85", "625", 26.9),
)


@router.head("/")
@router.get("/")
def shop(request: Request, lang: str = "") -> Response:
    set_own_headers(request, {"Content-Security-Policy": POLICY})
    phrases: Phrases = request.app.state.phrases
    language = asked_language(request, lang)
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    for place, text in (
        ("<!-- languages -->", _languages(phrases, language)),
        ("<!-- bikes -->", "\n".join(_card(bike, phrases, language) for bike in BIKES)),
        ('href="/help"', f'href="/help?lang={language}"'),
    ):
        page = page.replace(place, text)
    return HTMLResponse(filled(page, language, phrases.catalogue(language)), headers=CACHED | VARIES)


@router.get("/demo/{name}")
def picture(name: str) -> Response:
    path = FOLDER / name
    if path.suffix not in KINDS or path.parent != FOLDER or not path.is_file():
        raise HTTPException(404)
    return Response(path.read_bytes(), media_type=KINDS[path.suffix], headers=CACHED)


def _languages(phrases: Phrases, current: str) -> str:
    items = []
    for code in phrases.languages:
        mark = ' aria-current="true"' if code == current else ""
        name = html.escape(phrases.name(code))
        items.append(f'<li><a href="/?lang={code}" lang="{code}" hreflang="{code}"{mark}>{name}</a></li>')
    return f"<ul>{''.join(items)}</ul>"


def _card(bike: Bike, phrases: Phrases, language: str) -> str:
    said = html.escape(phrases.get(f"shop.{bike.key}", language))
    price = html.escape(phrases.get("shop.from", language, price=_euros(bike.price, language)))
    weight = format_decimal(bike.weight, locale=language)
    return f"""<article class="card">
<img src="/demo/{bike.key}.svg" width="360" height="210" alt="">
<h3 lang="en">Lark {bike.name}</h3>
<p>{said}</p>
<p class="figures"><bdi dir="ltr">{bike.motor} · {bike.battery} Wh · {weight} kg</bdi></p>
<p class="price">{price}</p>
</article>"""


def _euros(amount: int, language: str) -> str:
    """Whole euros as the language writes them."""
    pattern = Locale.parse(language).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, "EUR", pattern, locale=language, currency_digits=False)
