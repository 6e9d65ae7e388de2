"""A whole desk whose reranker is a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.config import RerankerSettings, Settings
from bot.local_desk import LocalDesk
from bot.question import Question
from bot.service import Service
from bot.web.app import create_app
from retrieval.errors import ConfigurationError
from tests.conftest import TOKEN, SmallDesk
from tests.fakes.rerank import FakeReranker, Fault

QUESTION = "How long does a refund take?"


@pytest.fixture
def server() -> Iterator[FakeReranker]:
    with FakeReranker() as server:
        yield server


@pytest.fixture
def desk(small_desk: SmallDesk, tmp_path: Path) -> SmallDesk:
    return small_desk.copy(tmp_path)


def with_reranker(desk: SmallDesk, **values: Any) -> Settings:
    return desk.settings.model_copy(
        update={"reranker": RerankerSettings(**{"kind": "vllm", "model": "model"} | values)}
    )


def asked(text: str = QUESTION, audiences: tuple[str, ...] = ("public",)) -> Question:
    return Question(text, audiences=audiences)


async def test_the_servers_order_is_the_answers(desk: SmallDesk, server: FakeReranker) -> None:
    server.model = lambda query, document: 0.9 if "E-104" in document else 0.1
    settings = with_reranker(desk, base_url=server.base_url, timeout_seconds=30, template="qwen3")
    # That model fails the self-test, so it starts as a sound one.
    absurd, server.model = server.model, FakeReranker().model
    async with Service.open(settings) as service:
        server.model = absurd
        found = await service.explain(asked())
    assert "E-104" in found["candidates"][0]["text"]
    assert found["candidates"][0]["score"] > 0 > found["candidates"][1]["score"]
    assert found["degraded"] == []
    assert found["reranker"] == f"model at {server.base_url}, template qwen3"


async def test_an_outage_is_seen_everywhere_and_fails_nobody(desk: SmallDesk, server: FakeReranker) -> None:
    settings = with_reranker(desk, base_url=server.base_url, timeout_seconds=30, api_key="secret")
    async with Service.open(settings) as service:
        transport = httpx.ASGITransport(create_app(service, TOKEN))
        operator = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=operator) as http:
            assert (await service.assistant.answer(asked())).degraded == ()
            assert 'polydesk_upstream_up{upstream="reranker"} 1.0' in (await http.get("/metrics")).text
            ready = (await http.get("/ready")).json()["dependencies"]["reranker"]
            assert ready == {
                "ready": True,
                "detail": f"model at {server.base_url}, template qwen3",
                "required": False,
            }

            server.fault = Fault(status=500)
            for number in range(4):
                answer = await service.assistant.answer(asked(f"{QUESTION} {number}"))
                assert (answer.status, answer.degraded) == ("answered", ("reranker",))
                assert "five working days" in answer.text
            metrics = (await http.get("/metrics")).text
            assert 'polydesk_upstream_up{upstream="reranker"} 0.0' in metrics
            assert 'polydesk_degraded_total{part="reranker"} 4.0' in metrics
            response = await http.get("/ready")
            assert response.status_code == 200
            ready = response.json()["dependencies"]["reranker"]
            assert (ready["ready"], ready["required"]) == (False, False)
            assert "status 500" in ready["detail"]
            assert "secret" not in ready["detail"]
            # What a server says may repeat the request, and its address is nobody else's business.
            response = await http.get("/ready", headers={"Authorization": ""})
            assert response.status_code == 200
            assert server.base_url not in response.text
            assert response.json()["dependencies"]["reranker"] == {"ready": False, "detail": "", "required": False}
            # An answer that was kept from before needs no reranker; one made without it is not kept.
            assert (await service.assistant.answer(asked())).degraded == ()
            assert (await service.assistant.answer(asked(f"{QUESTION} 0"))).degraded == ("reranker",)


async def test_a_desk_starts_without_its_reranker(desk: SmallDesk, server: FakeReranker) -> None:
    server.kill()
    async with Service.open(with_reranker(desk, base_url=server.base_url)) as service:
        answer = await service.assistant.answer(asked())
    assert (answer.status, answer.degraded) == ("answered", ("reranker",))


async def test_each_audience_may_have_its_own_instruction(desk: SmallDesk, server: FakeReranker) -> None:
    settings = with_reranker(
        desk,
        base_url=server.base_url,
        timeout_seconds=30,
        instruction="For customers",
        instructions={"agents": "For agents"},
    )
    async with Service.open(settings) as service:
        server.prompts.clear()
        await service.explain(asked("How much goodwill may an agent grant?", ("public", "agents")))
        told = {instruction: "voucher" in document for instruction, _, document in server.prompts}
        assert told == {"For customers": False, "For agents": True}


async def test_a_channels_instruction_goes_before_an_audiences(desk: SmallDesk, server: FakeReranker) -> None:
    settings = with_reranker(
        desk,
        base_url=server.base_url,
        timeout_seconds=30,
        instructions={"public": "For customers"},
        channels={"web": "On the page"},
    )
    async with Service.open(settings) as service:
        transport = httpx.ASGITransport(create_app(service, ""))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
            server.prompts.clear()
            assert (await http.post("/api/ask", json={"question": QUESTION})).status_code == 200
        assert {instruction for instruction, _, _ in server.prompts} == {"On the page"}
        server.prompts.clear()
        await LocalDesk(service).search(QUESTION, "", ("public",))
        assert {instruction for instruction, _, _ in server.prompts} == {"On the page"}


@pytest.mark.parametrize("missing", ["base_url", "model"])
async def test_a_server_needs_an_address_and_a_model(desk: SmallDesk, missing: str) -> None:
    settings = with_reranker(desk, **{"base_url": "http://127.0.0.1:9", missing: ""})
    with pytest.raises(ConfigurationError, match=f"reranker.{missing}: "):
        async with Service.open(settings):
            pytest.fail("it opened")
