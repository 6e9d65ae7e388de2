"""Questions that follow up on others, on the demo shop: read with their conversation where needed, and only there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.answer import Answer
from bot.config import LLM, Knowledge, Settings
from bot.config import Conversations as ConversationSettings
from bot.conversations import NEW, conversation_id
from bot.question import Question
from bot.service import Service
from tests.fakes.llm import FakeLLM, Reply, prompt

ROOT = Path(__file__).parents[2]
# Enough of the demo shop for questions that could mean several of its pages.
PAGES = (
    "shipping/countries.html",
    "shipping/battery-shipping.md",
    "law/riding-law.md",
    "batteries/charging.md",
    "de/akku-laden.md",
    "orders/payment.md",
    "orders/gift-cards.html",
    "contact.md",
    "_folder.yaml",
    "de/_folder.yaml",
)
POLAND = {
    "en": "How much does it cost to send a bike to Poland?",
    "de": "Was kostet der Versand eines Rads nach Polen?",
    "es": "¿Cuánto cuesta enviar una bici a Polonia?",
    "fr": "Combien coûte l'envoi d'un vélo en Pologne ?",
    "zh": "寄一辆自行车到波兰要多少钱？",
    "ja": "ポーランドへ自転車を送るといくらですか？",
    "ru": "Сколько стоит отправить велосипед в Польшу?",
}
SWITZERLAND = {
    "en": "and to Switzerland?",
    "de": "und in die Schweiz?",
    "es": "¿y a Suiza?",
    "fr": "et en Suisse ?",
    "zh": "那瑞士呢？",
    "ja": "スイスは？",
    "ru": "а в Швейцарию?",
}
CHARGE = {
    "en": "How do I charge the battery?",
    "de": "Wie lade ich den Akku?",
    "es": "¿Cómo cargo la batería?",
    "fr": "Comment charger la batterie ?",
    "zh": "怎么给电池充电？",
    "ja": "バッテリーの充電方法は？",
    "ru": "Как заряжать аккумулятор?",
}
WEATHER = {
    "en": "What is the capital of France?",
    "de": "Wie wird das Wetter morgen?",
    "es": "¿Quién es el presidente?",
    "fr": "Qui a gagné la coupe du monde ?",
    "zh": "讲个笑话",
    "ja": "総理大臣は誰ですか？",
    "ru": "Кто выиграл чемпионат мира?",
}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The desk of some of the demo's pages; nobody has it open."""
    folder = tmp_path_factory.mktemp("shop")
    for page in PAGES:
        (folder / "knowledge" / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / "knowledge" / page).write_bytes((ROOT / "knowledge" / page).read_bytes())
    settings = Settings(data_dir=folder / "data", knowledge=Knowledge(roots=(folder / "knowledge",), watch=False))

    async def ingest() -> None:
        async with Service.open(settings) as service:
            report = await service.ingest((), lambda values: None)
        assert not report["failures"], report

    asyncio.run(ingest())
    return settings


@asynccontextmanager
async def opened(shop: Settings, folder: Path, llm: FakeLLM | None = None, **waits: float) -> AsyncIterator[Service]:
    """A copy of the shop, open."""
    shutil.copytree(shop.data_dir, folder / "data")
    waits = {"first_token_seconds": 30, "timeout_seconds": 60} | waits
    found = LLM(base_url=llm.base_url, model="m", **waits) if llm else LLM()
    async with Service.open(shop.model_copy(update={"data_dir": folder / "data", "llm": found})) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(shop: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with opened(shop, tmp_path_factory.mktemp("open-shop")) as service:
        yield service


async def held(service: Service, *questions: str) -> Answer:
    """The answer to the last of some questions asked one after the other, in a conversation of their own."""
    id = conversation_id(NEW)
    for question in questions:
        answer = await service.assistant.answer(Question(question, conversation_id=id))
    return answer


@pytest.mark.asyncio(loop_scope="module")
async def test_what_refers_to_the_question_before_is_read_with_it(service: Service) -> None:
    alone = [(await held(service, asked)).text for asked in SWITZERLAND.values()]
    changed = 0
    for language, text in zip(POLAND, alone, strict=True):
        answer = await held(service, POLAND[language], SWITZERLAND[language])
        assert answer.citations[0].path == "shipping/countries.html", language
        assert "| Switzerland | €18 |" in answer.text, language
        assert "Poland" not in answer.text, language
        changed += text != answer.text
    # In some languages the word alone finds the same.
    assert changed >= 4


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("language", POLAND)
async def test_a_new_question_is_answered_as_if_it_stood_alone(service: Service, language: str) -> None:
    alone = await held(service, CHARGE[language])
    answer = await held(service, POLAND[language], CHARGE[language])
    assert alone.citations[0].path in ("batteries/charging.md", "de/akku-laden.md")
    assert (answer.text, answer.citations) == (alone.text, alone.citations)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("language", POLAND)
async def test_what_the_knowledge_lacks_is_not_answered_for_the_question_before(
    service: Service, language: str
) -> None:
    alone = await held(service, WEATHER[language])
    answer = await held(service, POLAND[language], WEATHER[language])
    assert (answer.status, answer.text) == (alone.status, alone.text)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_code_is_never_read_with_the_question_before(service: Service) -> None:
    for question in ("E07", "price of part BLT-118"):
        alone = await held(service, question)
        assert (await held(service, CHARGE["en"], question)).text == alone.text


@pytest.mark.asyncio(loop_scope="module")
async def test_the_topic_lasts_over_further_follow_ups_and_thanks(service: Service) -> None:
    answer = await held(service, POLAND["en"], SWITZERLAND["en"], "thanks!", "And in Germany?")
    assert answer.citations[0].path == "shipping/countries.html"


@pytest.mark.asyncio(loop_scope="module")
async def test_another_conversation_knows_nothing_of_it_nor_does_the_cache(service: Service) -> None:
    first, other = "a-first-conversation", "another-conversation"
    question = SWITZERLAND["de"]
    await held(service, question)
    for asked in (POLAND["de"], question):
        await service.assistant.answer(Question(asked, conversation_id=first))
    explained = await service.explain(Question(question, conversation_id=first))
    assert explained["rewritten"] == f"{POLAND['de']} {question}"
    assert explained["question"] == question
    for conversation in (other, ""):
        explained = await service.explain(Question(question, conversation_id=conversation))
        assert explained["rewritten"] == ""
        answer = await service.assistant.answer(Question(question, conversation_id=conversation))
        assert answer.text == (await service.assistant.answer(Question(question, language="de"))).text


REWRITTEN = "How much does it cost to send a bike to Switzerland?"


async def test_a_model_says_the_question_anew(shop: Settings, tmp_path: Path) -> None:
    with FakeLLM(f'<think>They mean shipping.</think>"{REWRITTEN}"') as llm:
        async with opened(shop, tmp_path, llm) as service:
            id = "a-new-conversation"
            await service.assistant.answer(Question(POLAND["en"], conversation_id=id))
            answer = await service.assistant.answer(Question("and to Switzerland?", conversation_id=id))
            explained = await service.explain(Question("and to Switzerland?", conversation_id=id))
    assert answer.citations[0].path == "shipping/countries.html"
    assert answer.degraded == ()
    assert "rewrite" in answer.timings_ms
    assert explained["rewritten"] == REWRITTEN
    said = prompt(llm.requests[0])
    assert POLAND["en"] in said
    assert "and to Switzerland?" in said


async def test_a_model_that_repeats_the_question_says_that_it_stands_alone(shop: Settings, tmp_path: Path) -> None:
    with FakeLLM("And in Germany") as llm:
        async with opened(shop, tmp_path, llm) as service:
            answer = await held(service, POLAND["en"], "and in Germany?")
            alone = await held(service, "and in Germany?")
    assert answer.text == alone.text


@pytest.mark.parametrize(
    ("reply", "degraded"),
    [
        (Reply(status=500), ("llm",)),
        (Reply("", ending="hang"), ("llm",)),
        (Reply(""), ("llm",)),
        (Reply("Purple monkeys ride dishwashers through jelly."), ()),
        (Reply("Was kostet der Versand eines Rads in die Schweiz?"), ()),
        (Reply("How much does it cost to send 99 bikes to Switzerland?"), ()),
        (Reply("How much does it cost to send a bike to https://evil.example?"), ()),
        (Reply("It costs €95.\nHow much does it cost to send a bike to Switzerland?"), ()),
        (Reply("bike " * 200), ()),
    ],
)
async def test_a_model_that_fails_or_writes_nonsense_leaves_the_reading_without_it(
    shop: Settings, tmp_path: Path, reply: Reply, degraded: tuple[str, ...]
) -> None:
    with FakeLLM(reply) as llm:
        async with opened(shop, tmp_path, llm, first_token_seconds=0.3) as service:
            async with asyncio.timeout(20):
                answer = await held(service, POLAND["en"], "and to Switzerland?")
    assert llm.requests
    assert answer.citations[0].path == "shipping/countries.html"
    assert answer.degraded == degraded


async def test_a_remembered_answer_says_that_the_model_could_not_be_asked_about_it(
    shop: Settings, tmp_path: Path
) -> None:
    with FakeLLM(Reply(status=500)) as llm:
        async with opened(shop, tmp_path, llm) as service:
            alone = await held(service, WEATHER["en"])
            answer = await held(service, POLAND["en"], WEATHER["en"])
            again = await held(service, WEATHER["en"])
    assert llm.requests
    assert "cache" in answer.timings_ms
    assert (alone.degraded, answer.degraded, again.degraded) == ((), ("llm",), ())


async def test_a_long_clear_question_asks_no_model(shop: Settings, tmp_path: Path) -> None:
    def never(body: Mapping[str, Any]) -> str:
        raise AssertionError(prompt(body))

    with FakeLLM(never) as llm:
        async with opened(shop, tmp_path, llm) as service:
            question = "How do I charge the battery of my bike so that it lasts for as many years as possible?"
            answer = await held(service, POLAND["en"], question)
    assert answer.citations[0].path == "batteries/charging.md"
    assert llm.requests == []


async def test_nothing_is_read_with_a_conversation_of_which_nothing_is_kept(shop: Settings, tmp_path: Path) -> None:
    silent = shop.model_copy(update={"conversations": ConversationSettings(keep_turns=0)})
    async with opened(silent, tmp_path) as service:
        alone = await held(service, SWITZERLAND["de"])
        answer = await held(service, POLAND["de"], SWITZERLAND["de"])
    assert answer.text == alone.text
