"""What surrounds the questions: health, metrics, headers, pages, operators, OpenAPI."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from fastapi import FastAPI

from bot.help_pages import HelpPage, HelpSection
from bot.service import Service
from bot.web.gate import Gate
from bot.web.help import render
from tests.conftest import Problems

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_health_and_readiness(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "alive"}
    ready = await http.get("/ready")
    assert ready.status_code == 200
    dependencies = ready.json()["dependencies"]
    assert dependencies.keys() == {"store", "index", "encoder", "knowledge", "reranker"}
    assert all(dependency["ready"] for dependency in dependencies.values())
    assert "agents, public" in dependencies["index"]["detail"]


@pytest.mark.parametrize("path", ["/", "/help", "/help/", "/health", "/ready", "/help/refunds"])
async def test_monitors_may_send_head(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.head(path)).status_code == 200


async def test_a_broken_dependency_is_not_ready_and_why_is_for_operators(
    http: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch, operator: dict[str, str]
) -> None:
    def broken() -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(service.store, "figures", broken, raising=False)
    for headers, detail in (({}, ""), ({"Authorization": "Bearer guess"}, ""), (operator, "OSError: disk gone")):
        ready = await http.get("/ready", headers=headers)
        assert ready.status_code == 503
        assert ready.json()["status"] == "not_ready"
        store = ready.json()["dependencies"]["store"]
        assert store == {"ready": False, "detail": detail, "required": True}


async def test_metrics_count_with_bounded_labels(http: httpx.AsyncClient) -> None:
    await http.post("/api/ask", json={"question": "How long does a refund take?"})
    await http.get("/a/made/up/path")
    await http.request("BREW", "/health")
    text = (await http.get("/metrics")).text
    assert re.search(r'polydesk_questions_total\{cached="(true|false)",language="en",status="answered"\} \d', text)
    assert 'polydesk_stage_seconds_bucket{le="0.05",stage="rerank"}' in text
    assert 'route="other"' in text
    assert "/a/made/up/path" not in text
    assert "BREW" not in text
    assert re.search(r"polydesk_knowledge_revision [1-9]", text)


async def test_what_is_turned_away_is_counted_by_reason(
    http: httpx.AsyncClient, app: FastAPI, service: Service
) -> None:
    def refused(reason: str) -> float:
        return service.metrics.registry.get_sample_value("polydesk_refused_total", {"reason": reason}) or 0

    before = {reason: refused(reason) for reason in ("question", "busy")}
    await http.post("/api/ask", json={"question": " "})
    # Not by monkeypatch, which would take a state's attribute for a new one, and delete it.
    gate, app.state.gate = app.state.gate, Gate(0)
    try:
        for accept in ("application/json", "text/event-stream"):
            await http.post("/api/ask", json={"question": "How long?"}, headers={"Accept": accept})
    finally:
        app.state.gate = gate
    assert {reason: refused(reason) - count for reason, count in before.items()} == {"question": 1, "busy": 2}


async def test_request_ids_are_kept_where_sane_and_made_otherwise(http: httpx.AsyncClient) -> None:
    kept = await http.get("/health", headers={"X-Request-ID": "abc-1.2_3"})
    assert kept.headers["x-request-id"] == "abc-1.2_3"
    for wrong in ("x" * 65, "a b", "<script>", ""):
        made = (await http.get("/health", headers={"X-Request-ID": wrong})).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)


@pytest.mark.parametrize("path", ["/", "/help", "/health", "/nothing", "/page/style.css", "/help/refunds"])
async def test_every_response_has_the_security_headers(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_there_is_a_problem(http: httpx.AsyncClient, problem: Problems) -> None:
    assert "/nothing" in problem(await http.get("/nothing"), 404)
    assert "GET" in problem(await http.get("/api/ask"), 405)
    assert (await http.get("/api/ask")).headers["allow"] == "POST"
    problem(await http.get("/page/../app.py"), 404)
    problem(await http.get("/page/errors.py"), 404)


@pytest.mark.parametrize("path", ["/", "/help", "/help/"])
async def test_the_help_page_is_the_panel_in_the_visitors_language(http: httpx.AsyncClient, path: str) -> None:
    page = await http.get(path, headers={"Accept-Language": "ar"})
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page.text)
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/widget.js" data-desk="default" defer>']
    assert "<polydesk-chat></polydesk-chat>" in page.text
    policy = page.headers["content-security-policy"]
    assert "frame-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    body = (await http.get("/api/phrases", params={"language": "ar-EG"})).json()
    assert (body["language"], body["phrases"]["direction"]) == ("ar", "rtl")
    assert '<html lang="ar" dir="rtl">' in page.text
    named = re.findall(r'data-phrase="([^"]+)"', page.text)
    assert named
    for key in named:
        assert f">{html.escape(body['phrases'][key])}<" in page.text
    assert not {key.split(".")[0] for key in body["phrases"]} & {"error", "answer"}


async def test_phrases_are_sent_as_small_as_the_browser_takes_them(http: httpx.AsyncClient) -> None:
    small = await http.get("/api/phrases?language=hi", headers={"Accept-Encoding": "br, gzip"})
    whole = await http.get("/api/phrases?language=hi", headers={"Accept-Encoding": "identity"})
    assert (small.headers["content-encoding"], whole.headers.get("content-encoding")) == ("gzip", None)
    assert small.headers["vary"] == whole.headers["vary"] == "Accept-Encoding"
    assert small.json() == whole.json()
    assert int(small.headers["content-length"]) < len(whole.content) / 2


async def test_the_help_page_comes_in_the_language_that_is_named(http: httpx.AsyncClient) -> None:
    page = await http.get("/help", params={"lang": "ja-JP"}, headers={"Accept-Language": "ar"})
    assert '<html lang="ja" dir="ltr">' in page.text


async def test_help_pages_open_at_the_section_and_escape_everything(http: httpx.AsyncClient) -> None:
    answer = (await http.post("/api/ask", json={"question": "How long does a refund take?"})).json()
    url = answer["citations"][0]["url"]
    path, _, anchor = url.partition("#")
    page = await http.get(path)
    assert page.status_code == 200
    assert f'id="{anchor}"' in page.text
    assert "five working days" in page.text
    assert "<script" not in page.text


async def test_help_pages_are_public_only(http: httpx.AsyncClient, problem: Problems) -> None:
    for path in ("/help/agents/goodwill", "/help/agents/goodwill.md", "/help/../../etc/passwd"):
        problem(await http.get(path), 404)


async def test_a_help_page_opens_a_split_section_once() -> None:
    sections = (
        HelpSection(("A", "B"), 'b"', "one <b>"),
        HelpSection(("A", "B"), 'b"', "two"),
        HelpSection(("A", "C"), "c", "three"),
    )
    page = render(HelpPage("A & O", "he", sections), "rtl", "Help")
    assert page.count('id="b&quot;"') == 1
    assert "one &lt;b&gt;" in page
    assert '<html lang="he" dir="rtl">' in page
    assert "<title>A &amp; O</title>" in page


async def test_operators_see_why(http: httpx.AsyncClient, operator: dict[str, str], problem: Problems) -> None:
    body = {"question": "error E-104", "audiences": ["public", "agents"]}
    problem(await http.post("/api/search", json=body), 401)
    explained = (await http.post("/api/search", json=body, headers=operator)).json()
    assert {"recall", "rerank"} <= explained["timings_ms"].keys()
    assert 0 <= explained["confidence"] <= 1
    first = explained["candidates"][0]
    assert (first["rank"], first["path"]) == (1, "battery.md")
    assert {candidate["audience"] for candidate in explained["candidates"]} == {"public", "agents"}
    ranks = [candidate["rank"] for candidate in explained["candidates"] if candidate["rank"]]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearer the-operator", "Bearer é"])
async def test_only_the_token_makes_an_operator(http: httpx.AsyncClient, problem: Problems, header: str) -> None:
    for method, path in (("GET", "/api/operator"), ("POST", "/api/search"), ("POST", "/api/ingest")):
        response = await http.request(method, path, headers={"Authorization": header.encode()}, json={})
        problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"


async def test_ingest_streams_its_report(http: httpx.AsyncClient, operator: dict[str, str]) -> None:
    response = await http.post("/api/ingest", json={}, headers=operator)
    assert "event: report" in response.text
    assert '"failures":[]' in response.text


async def test_ingest_of_what_is_no_folder_is_an_error_event(http: httpx.AsyncClient, operator: dict[str, str]) -> None:
    response = await http.post("/api/ingest", json={"roots": ["/no/such/folder"]}, headers=operator)
    assert "event: error" in response.text
    assert "There is no folder /no/such/folder." in response.text


async def test_openapi_describes_every_endpoint_with_its_errors(http: httpx.AsyncClient) -> None:
    description = (await http.get("/openapi.json")).json()
    ask = description["paths"]["/api/ask"]["post"]
    assert {"200", "401", "413", "415", "422", "500", "503"} <= ask["responses"].keys()
    names = set(re.findall(r"#/components/schemas/(\w+)", str(description)))
    assert names <= description["components"]["schemas"].keys()
    assert description["components"]["schemas"]["AskBody"]["properties"]["question"]["examples"]
    for path in ("/api/search", "/api/ingest"):
        assert description["paths"][path]["post"]["security"] == [{"operator": []}]


async def test_every_documented_answer_field_is_sent(http: httpx.AsyncClient, app: FastAPI) -> None:
    schema = app.openapi()["components"]["schemas"]["AnswerSchema"]
    answer = (await http.post("/api/ask", json={"question": "How long does a refund take?"})).json()
    assert set(schema["properties"]) - {"conversation_id", "original"} == answer.keys()
