"""The demo's shop: what stands in its page is true of its help pages, and it is as strict as a page can be."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.phrases import Phrases
from bot.service import Service
from bot.web.app import create_app
from bot.web.demo import BIKES, FOLDER

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS = Path(__file__).parents[3] / "knowledge" / "bikes" / "models.md"


@pytest_asyncio.fixture(loop_scope="session")
async def shop(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(service, "", with_demo=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


async def test_the_shop_sells_what_its_help_pages_say() -> None:
    lines = [line for line in MODELS.read_text().splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    table = {row[0]: row[1:] for row in rows}
    assert [bike.name for bike in BIKES] == table[""]
    assert [f"€{bike.price:,}" for bike in BIKES] == table["Price"]
    assert [bike.motor for bike in BIKES] == [motor.split()[0] for motor in table["Motor"]]
    assert [f"{bike.battery} Wh" for bike in BIKES] == table["Battery"]
    assert [f"{bike.weight} kg" for bike in BIKES] == table["Weight"]


@pytest.mark.parametrize("language", Phrases().languages)
async def test_the_shop_speaks_every_language(shop: httpx.AsyncClient, language: str) -> None:
    phrases = Phrases()
    page = (await shop.get("/", params={"lang": language})).text
    assert f'<html lang="{language}" dir="{phrases.get("direction", language)}">' in page
    assert not re.findall(r"<!--.*?-->|data-phrase=\"[^\"]+\"></", page)
    assert page.count('aria-current="true"') == 1
    assert page.count('<article class="card">') == len(BIKES)


async def test_prices_are_written_as_the_language_does(shop: httpx.AsyncClient) -> None:
    german, english = [(await shop.get("/", headers={"Accept-Language": each})).text for each in ("de-AT", "en")]
    assert "2.349\xa0€" in german
    assert "€2,349" in english


async def test_the_shop_has_one_script_and_a_strict_policy(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
    )
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script[^>]*>", page.text) == [
        '<script src="/widget.js" data-desk="default" data-email="support@larkwheel.example" defer>'
    ]
    assert not re.search(r"\sstyle=|\son\w+=|<style", page.text)


async def test_what_the_shop_names_is_there(shop: httpx.AsyncClient) -> None:
    named = set(re.findall(r'(?:src|href)="(/demo/[^"]+)"', (await shop.get("/")).text))
    assert {Path(path).name for path in named} == {path.name for path in FOLDER.iterdir()} - {"index.html"}
    for path in named:
        file = await shop.get(path)
        assert file.status_code == 200
        # A picture's own styles would be forbidden by the policy that it comes with.
        assert not re.search(r"<style|\sstyle=|<script|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", file.text)


@pytest.mark.parametrize("name", ["index.html", "..%2Fdemo.py", "nothing.svg", "%2e%2e%2fpage%2fstyle.css"])
async def test_the_demo_serves_nothing_else(shop: httpx.AsyncClient, name: str) -> None:
    assert (await shop.get(f"/demo/{name}")).status_code == 404


async def test_the_help_page_stays_in_reach_of_the_shop(shop: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    assert "<polydesk-chat>" in (await shop.get("/help")).text
    assert "Larkwheel" not in (await http.get("/")).text
    assert (await http.get("/demo/style.css")).status_code == 404
