"""POST /api/ask against the real application: the contract, the stream, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.service import Service
from bot.web.gate import Gate
from tests.conftest import Problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = {
    "id",
    "status",
    "text",
    "language",
    "translated",
    "citations",
    "degraded",
    "knowledge_revision",
    "timings_ms",
}
CITATION = {"n", "title", "url", "path", "anchor", "heading", "quote", "language", "score"}
QUESTION = "How long does a refund take?"


async def ask(http: httpx.AsyncClient, question: str, **more: Any) -> dict[str, Any]:
    response = await http.post("/api/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    values: dict[str, Any] = response.json()
    return values


def events(text: str) -> list[tuple[int, str, Any]]:
    found = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def test_an_answer_has_the_contract_and_quotes_the_file(http: httpx.AsyncClient) -> None:
    answer = await ask(http, QUESTION)
    assert answer.keys() == ANSWER
    assert (answer["status"], answer["language"], answer["translated"]) == ("answered", "en", False)
    assert "five working days" in answer["text"]
    assert "[1]" in answer["text"]
    first = answer["citations"][0]
    assert first.keys() == CITATION
    assert (first["n"], first["path"], first["title"]) == (1, "refunds.md", "Refunds")
    assert first["url"] == f"/help/refunds#{first['anchor']}"
    assert first["quote"] in "We refund within five working days after the parcel has arrived at our warehouse. " + (
        "The money goes back the way it came."
    )
    assert {"language", "recall", "rerank", "answer", "total"} <= answer["timings_ms"].keys()


async def test_a_question_in_another_language_is_answered_from_the_same_file(http: httpx.AsyncClient) -> None:
    answer = await ask(http, "Wie lange dauert es, bis ich mein Geld zurückbekomme?")
    assert answer["language"] == "de"
    assert answer["citations"][0]["path"] == "refunds.md"


async def test_what_the_knowledge_does_not_say_is_not_answered(http: httpx.AsyncClient) -> None:
    answer = await ask(http, "Which vegetables grow on the moon in winter?", language="fr")
    assert answer["status"] == "no_answer"
    assert answer["citations"] == []
    assert answer["language"] == "fr"
    assert "[" not in answer["text"]


async def test_a_remembered_answer_is_new_only_in_id_and_timings(http: httpx.AsyncClient) -> None:
    one = await ask(http, "How do I charge the battery?")
    other = await ask(http, "how do I  charge the BATTERY")
    assert one["id"] != other["id"]
    assert "cache" in other["timings_ms"]
    assert "recall" not in other["timings_ms"]
    different = {"id", "timings_ms"}
    assert {k: v for k, v in one.items() if k not in different} == {
        k: v for k, v in other.items() if k not in different
    }


async def test_a_conversation_keeps_its_language(http: httpx.AsyncClient) -> None:
    first = await ask(http, "Wie lange dauert eine Rückerstattung bei euch?", conversation_id="new")
    id = first["conversation_id"]
    assert (await ask(http, "ok?", conversation_id=id))["language"] == "de"
    assert (await ask(http, "E-104", conversation_id=id, language="es"))["language"] == "es"
    assert (await ask(http, "E-104", conversation_id=id))["language"] == "es"
    assert "conversation_id" not in await ask(http, "E-104")


async def test_the_browser_decides_what_is_too_short(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/ask", json={"question": "E-104"}, headers={"Accept-Language": "en;q=0.3, it"})
    assert response.json()["language"] == "it"


async def test_the_stream_ends_with_the_whole_answer(http: httpx.AsyncClient) -> None:
    question = "Who pays for the return parcel?"
    response = await http.post("/api/ask", json={"question": question}, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    assert [id for id, _, _ in found] == list(range(1, len(found) + 1))
    names = [name for _, name, _ in found]
    assert [values["step"] for _, name, values in found if name == "status"] == ["language", "search", "answer"]
    assert names.count("answer") == 1
    assert names[-1] == "answer"
    answer = found[-1][2]
    assert answer.keys() == ANSWER
    assert "".join(values["text"] for _, name, values in found if name == "delta") == answer["text"]


async def test_stream_and_json_say_the_same(http: httpx.AsyncClient) -> None:
    streamed = events(
        (await http.post("/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})).text
    )[-1][2]
    whole = await ask(http, QUESTION)
    assert (streamed["text"], streamed["citations"]) == (whole["text"], whole["citations"])


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"question": ""}', 422, "type a question"),
        (b'{"question": " \\n "}', 422, "type a question"),
        (json.dumps({"question": "x" * 501}).encode(), 422, "500"),
        (b'{"question": "a\\u0000b"}', 422, "could not be understood"),
        (b'{"question": "\\ud83d"}', 422, "JSON"),
        (b'{"question": 5}', 422, "question"),
        (b'{"question": "a", "language": "../de"}', 422, "could not be understood"),
        (b'{"question": "a", "conversation_id": "guess"}', 422, "could not be understood"),
        (b'{"question": "a", "audience": "agents"}', 422, "audience"),
        (b"\x00\xff\xfe\x01", 422, "JSON"),
        (b"", 422, "JSON"),
        (b'["question"]', 422, "body"),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(
    http: httpx.AsyncClient, problem: Problems, accept: str, body: bytes, status: int, words: str
) -> None:
    headers = {"Content-Type": "application/json", "Accept": accept}
    assert words in problem(await http.post("/api/ask", content=body, headers=headers), status)


async def test_a_problem_speaks_the_askers_language(http: httpx.AsyncClient, problem: Problems) -> None:
    response = await http.post("/api/ask", json={"question": ""}, headers={"Accept-Language": "xx, de-AT;q=0.9"})
    assert problem(response, 422) == "Bitte geben Sie eine Frage ein."


async def test_another_content_type_is_refused(http: httpx.AsyncClient, problem: Problems) -> None:
    assert "application/json" in problem(
        await http.post(
            "/api/ask", content=b"question=a", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ),
        415,
    )


async def test_a_large_body_is_refused_by_its_header(http: httpx.AsyncClient, problem: Problems) -> None:
    assert "20000" in problem(await http.post("/api/ask", json={"question": "x" * 100_000}), 413)


async def test_a_large_body_without_a_length_is_refused_while_it_comes(
    http: httpx.AsyncClient, problem: Problems
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 5_000
            yield b"x" * 5_000

    problem(await http.post("/api/ask", content=endless(), headers={"Content-Type": "application/json"}), 413)
    assert sent <= 30_000


async def test_customers_see_only_what_is_public(
    http: httpx.AsyncClient, operator: dict[str, str], problem: Problems
) -> None:
    question = {"question": "How much goodwill may an agent grant?"}
    everybody = (await http.post("/api/ask", json=question)).json()
    assert all(citation["path"] != "agents/goodwill.md" for citation in everybody["citations"])
    inner = question | {"audiences": ["agents", "public"]}
    problem(await http.post("/api/ask", json=inner), 401)
    problem(await http.post("/api/ask", json=inner, headers={"Authorization": "Bearer guess"}), 401)
    answer = (await http.post("/api/ask", json=inner, headers=operator)).json()
    assert answer["citations"][0]["path"] == "agents/goodwill.md"
    assert (await http.post("/api/ask", json=question)).json()["citations"] == everybody["citations"]


async def test_more_questions_than_the_desk_takes_are_turned_away(
    http: httpx.AsyncClient, app: FastAPI, problem: Problems
) -> None:
    gate = Gate(0)
    kept, app.state.gate = app.state.gate, gate
    try:
        response = await http.post("/api/ask", json={"question": QUESTION})
        assert response.headers["retry-after"] == "1"
        problem(response, 503)
        stream = await http.post("/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})
        (_, name, values) = events(stream.text)[-1]
        assert (name, values["status"]) == ("error", 503)
    finally:
        app.state.gate = kept


async def test_a_question_that_takes_too_long_is_given_up(
    http: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    class Stuck:
        async def find(self, *_: object, **__: object) -> object:
            await asyncio.Event().wait()

    monkeypatch.setattr(service.assistant, "_search", Stuck())
    server = service.settings.server.model_copy(update={"question_seconds": 0.05})
    monkeypatch.setattr(service, "settings", service.settings.model_copy(update={"server": server}))
    problem(await http.post("/api/ask", json={"question": "Does this ever end?"}), 504)


async def test_the_gate_lets_the_next_in_when_one_has_left() -> None:
    gate = Gate(1)
    for _ in range(3):
        with gate.enter():
            assert gate.inside == 1
    assert gate.inside == 0


async def test_an_asker_who_goes_away_leaves_nothing_behind(app: FastAPI, service: Service) -> None:
    body = json.dumps({"question": "What does the display show when it is cold outside?"}).encode()
    sent: list[dict[str, Any]] = []
    started = asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await started.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            started.set()

    headers = [(b"content-type", b"application/json"), (b"accept", b"text/event-stream")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/ask",
        "raw_path": b"/api/ask",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("desk", 80),
    }
    await app(scope, receive, send)
    assert not any(b"event: answer" in message.get("body", b"") for message in sent)
    assert app.state.gate.inside == 0


async def test_fifty_at_once_all_get_their_own_answer(http: httpx.AsyncClient) -> None:
    questions = [f"How long does a refund take for order {number}?" for number in range(25)]
    questions += [f"How do I charge battery number {number}?" for number in range(25)]
    answers = await asyncio.gather(*(ask(http, question) for question in questions))
    paths = [{citation["path"] for citation in answer["citations"]} for answer in answers]
    assert all(found <= {"refunds.md", "battery.md"} for found in paths)
    assert len({answer["id"] for answer in answers}) == 50


async def test_a_part_that_fails_is_a_500_without_its_secrets(
    http: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    class Broken:
        async def find(self, *_: object, **__: object) -> object:
            raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(service.assistant, "_search", Broken())
    detail = problem(await http.post("/api/ask", json={"question": "Does this fail?"}), 500)
    assert "swordfish" not in detail
    stream = await http.post("/api/ask", json={"question": "Or this?"}, headers={"Accept": "text/event-stream"})
    (_, name, values) = events(stream.text)[-1]
    assert (name, values["status"]) == ("error", 500)
    assert "swordfish" not in stream.text
    assert values["request_id"] in values["detail"]


async def test_a_degraded_answer_says_so_and_is_not_remembered(
    http: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = service.search.find

    class Degraded:
        async def find(self, *args: Any, **more: Any) -> Any:
            return replace(await find(*args, **more), degraded=("reranker",))

    question = "How warm must it be to charge the battery?"
    with monkeypatch.context() as patch:
        patch.setattr(service.assistant, "_search", Degraded())
        assert (await ask(http, question))["degraded"] == ["reranker"]
    whole = await ask(http, question)
    assert whole["degraded"] == []
    assert "cache" not in whole["timings_ms"]


async def test_a_desk_that_reads_its_first_files_says_so(
    http: httpx.AsyncClient, service: Service, problem: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.knowledge, "revision", 0)
    monkeypatch.setattr(service.knowledge, "_running", 1)
    for accept in ("application/json", "text/event-stream"):
        headers = {"Accept": accept, "Accept-Language": "de"}
        response = await http.post("/api/ask", json={"question": QUESTION}, headers=headers)
        assert "startet noch" in problem(response, 503)
        assert response.headers["retry-after"] == "3"
