"""The widget's files as pages load them: what may be kept, by whom, and where the panel may be shown."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.web.middleware import SECURITY_HEADERS
from bot.web.widget import assets
from tests.bot.web.widget.conftest import OTHER, SHOP
from tests.conftest import Problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOADER = b"'use strict';"
PANEL = b"<!doctype html><title>Help</title>"


@pytest.fixture(autouse=True)
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files in place of the built ones."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "widget.js").write_bytes(LOADER)
    (tmp_path / "panel.html").write_bytes(PANEL)
    (tmp_path / "secret.js").write_bytes(b"not for anybody")
    (tmp_path / "assets" / "panel-0a1b2c.js").write_bytes(b"export {};")
    (tmp_path / "assets" / "panel-0a1b2c.css").write_bytes(b"body {}")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    return tmp_path


async def test_any_page_may_load_the_loader(http: httpx.AsyncClient) -> None:
    response = await http.get("/widget.js", headers={"Origin": "https://anybody.example"})
    assert (response.status_code, response.content) == (200, LOADER)
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-content-type-options"] == "nosniff"
    tag = response.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await http.get("/widget.js", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await http.get("/widget.js", headers={"If-None-Match": '"other"'})).status_code == 200
    assert (await http.head("/widget.js")).headers["etag"] == tag


@pytest.mark.parametrize("path", ["/widget.js", "/widget/panel?desk=shop", "/widget/assets/panel-0a1b2c.js"])
async def test_what_browsers_take_smaller_is_sent_smaller(http: httpx.AsyncClient, static: Path, path: str) -> None:
    for file in ("widget.js", "panel.html", "assets/panel-0a1b2c.js"):
        (static / file).write_bytes(b"// a long comment\n" * 100)
    small = await http.get(path, headers={"Accept-Encoding": "gzip, br"})
    whole = await http.get(path, headers={"Accept-Encoding": "identity"})
    assert small.content == whole.content
    assert int(small.headers["content-length"]) < 200 < int(whole.headers["content-length"])
    assert (small.headers["content-encoding"], "content-encoding" in whole.headers) == ("gzip", False)
    assert "Accept-Encoding" in small.headers["vary"]
    assert "Accept-Encoding" in whole.headers["vary"]
    # Each form has a tag of its own.
    assert small.headers.get("etag", "small") != whole.headers.get("etag", "whole")


async def test_a_new_loader_has_another_tag(http: httpx.AsyncClient, static: Path) -> None:
    tag = (await http.get("/widget.js")).headers["etag"]
    (static / "widget.js").write_bytes(b"'another';")
    assert (await http.get("/widget.js", headers={"If-None-Match": tag})).content == b"'another';"


@pytest.mark.parametrize(
    ("name", "ancestors"), [("shop", f"'self' {SHOP} {OTHER}"), ("other", f"'self' {SHOP}"), ("default", "'self'")]
)
async def test_the_panel_is_shown_by_the_desks_pages_only(http: httpx.AsyncClient, name: str, ancestors: str) -> None:
    response = await http.get(f"/widget/panel?desk={name}")
    assert (response.status_code, response.content) == (200, PANEL)
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": ancestors,
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert len(response.headers.get_list("content-security-policy")) == 1
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "x-frame-options" not in response.headers


async def test_the_panel_of_a_page_that_names_no_desk_is_the_defaults(http: httpx.AsyncClient) -> None:
    assert (await http.get("/widget/panel")).status_code == 200


async def test_the_panel_of_an_unknown_desk_is_not_there(http: httpx.AsyncClient, problem: Problems) -> None:
    for desk in ("unknown", "", "shop%0d%0aX: y", "%27self%27"):
        problem(await http.get(f"/widget/panel?desk={desk}"), 404)


async def test_what_the_panel_loads_may_be_kept_for_ever(http: httpx.AsyncClient) -> None:
    for name, kind in (("panel-0a1b2c.js", "text/javascript; charset=utf-8"), ("panel-0a1b2c.css", "text/css")):
        response = await http.get(f"/widget/assets/{name}")
        assert response.headers["content-type"].startswith(kind)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_bridge_keeps_its_name_and_is_asked_for_again(http: httpx.AsyncClient, static: Path) -> None:
    (static / "assets" / "bridge-1.js").write_bytes(b"export {};")
    response = await http.get("/widget/assets/bridge-1.js?0")
    assert response.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("name", ["../secret.js", "..%2fsecret.js", ".", "..", "%2e%2e/secret.js", "none.js", "a%00b"])
async def test_nothing_else_is_given(http: httpx.AsyncClient, problem: Problems, name: str) -> None:
    response = await http.get(f"/widget/assets/{name}")
    problem(response, 404)
    assert "anybody" not in response.text


async def test_a_desk_without_built_files_says_so(http: httpx.AsyncClient, static: Path, problem: Problems) -> None:
    (static / "widget.js").unlink()
    (static / "panel.html").unlink()
    problem(await http.get("/widget.js"), 404)
    problem(await http.get("/widget/panel"), 404)


@pytest.mark.parametrize("path", ["/ready", "/health", "/api/phrases", "/help/refunds", "/page/style.css"])
async def test_all_other_routes_keep_their_headers(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert response.headers.get_list(name) == [value]
    assert "access-control-allow-origin" not in response.headers


async def test_the_phrases_of_the_widget_are_given(http: httpx.AsyncClient) -> None:
    phrases = (await http.get("/api/phrases?language=en")).json()["phrases"]
    assert phrases["widget.send"] == "Send"
    assert not {key.split(".")[0] for key in phrases} & {"error", "answer"}
