"""A chat over HTTP: sent once, answered once, and seen whole by whoever listens, whenever they come."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.service import Service
from bot.tables import chat_messages, chats
from retrieval.database import WRITE
from tests.bot.web.widget.conftest import Opening, Slow, replayed
from tests.conftest import Problems
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "How long does a refund take?"


async def test_a_question_is_answered_in_events(enter: Opening) -> None:
    panel = await enter()
    receipt = await panel.say(QUESTION)
    assert (receipt["message"], receipt["reply"]) == (1, 2)
    events = await panel.until_done(receipt["conversation"], 2)
    assert events[0].name == "history"
    ids = [event.id for event in events]
    assert ids == sorted(ids)
    history = await panel.history(receipt["conversation"])
    assert (history["conversation"], history["state"], history["language"]) == (receipt["conversation"], "bot", "en")
    asked, answer = history["messages"]
    assert (asked["author"], asked["text"], asked["status"]) == ("visitor", QUESTION, "done")
    assert (answer["author"], answer["status"], answer["number"]) == ("bot", "done", 2)
    assert "five working days" in answer["text"]
    assert answer["answer"]["citations"][0]["path"] == "refunds.md"
    assert answer["text"] == answer["answer"]["text"]


async def test_a_message_is_taken_once_however_often_it_is_sent(enter: Opening, desk: Service) -> None:
    panel = await enter()
    receipts = await asyncio.gather(*(panel.say(QUESTION, client_id="the-same-message") for _ in range(5)))
    first = receipts[0]
    assert all(receipt == first for receipt in receipts)
    await panel.until_done(first["conversation"], 2)
    again = await panel.say("Something else?", first["conversation"], client_id="the-same-message")
    assert again == first
    assert [each["number"] for each in (await panel.history(first["conversation"]))["messages"]] == [1, 2]
    listed = (await panel.call("GET", "/conversations")).json()["conversations"]
    assert [each["id"] for each in listed] == [first["conversation"]]


async def test_the_same_name_of_two_visitors_is_two_messages(enter: Opening) -> None:
    one, other = await enter(), await enter()
    first = await one.say(QUESTION, client_id="a-name-that-both-use")
    second = await other.say(QUESTION, client_id="a-name-that-both-use")
    assert first["conversation"] != second["conversation"]


async def test_a_conversation_goes_on(enter: Opening) -> None:
    panel = await enter()
    conversation, first = await panel.answered("Wie lange dauert eine Erstattung?", language="en")
    assert first["language"] == "de"
    same, second = await panel.answered("Error E-104?", conversation)
    assert same == conversation
    assert (second["number"], second["language"]) == (4, "de")
    history = await panel.history(conversation)
    assert history["language"] == "de"
    # What is said of an earlier answer does not change what it is held in.
    await panel.answered("How long does a refund take for an order from abroad?", conversation)
    assert (await panel.history(conversation))["language"] == "en"
    await panel.call("PUT", f"/conversations/{conversation}/messages/2/feedback", json={"value": "up"})
    history = await panel.history(conversation)
    assert (history["language"], history["messages"][1]["feedback"]) == ("en", "up")
    assert [each["author"] for each in history["messages"]] == ["visitor", "bot"] * 3
    (listed,) = (await panel.call("GET", "/conversations")).json()["conversations"]
    assert listed["preview"] == history["messages"][0]["text"][:120]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed["updated_at"])


async def test_the_language_of_the_widget_decides_what_is_too_short(enter: Opening) -> None:
    _, answer = await (await enter()).answered("E-104", language="it")
    assert answer["language"] == "it"


async def test_pieces_tell_where_they_stand_as_browsers_count(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    watching = await panel.watch((await panel.say(QUESTION))["conversation"], 2)
    slow.say("Hé ", "🚲 bike", "👩‍🔧", " end", None)
    events = await watching
    deltas = [event.data for event in events if event.name == "delta"]
    assert [delta["at"] for delta in deltas] == [0, 3, 10, 15]
    assert replayed(events)[2] == "Hé 🚲 bike👩‍🔧 end"


async def test_going_on_from_every_event_gives_the_same_text(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    receipt = await panel.say(QUESTION)
    pieces = [f"Sentence {number} 🚲. " for number in range(12)]
    # First what somebody sees who listens all the time.
    watching = await panel.watch(receipt["conversation"], 2)
    for piece in pieces:
        slow.say(piece)
        await asyncio.sleep(0.001)
    slow.say(None)
    events = await watching
    whole = replayed(events)
    assert whole[2] == "".join(pieces)
    assert len(events) > 12
    for place in range(1, len(events)):
        known = replayed(events[:place])
        rest = await panel.until_done(receipt["conversation"], 2, events[place - 1].id)
        assert [event.id for event in rest] == [event.id for event in events[place:]]
        assert replayed(rest, known) == whole


async def test_whoever_comes_in_the_middle_gets_the_text_so_far(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    slow.say("The first half, ")
    await panel.until_text(conversation, "The first half, ")
    history = await panel.history(conversation)
    assert (history["messages"][1]["text"], history["messages"][1]["status"]) == ("The first half, ", "streaming")
    watching = [await panel.watch(conversation, 2) for _ in range(2)]
    slow.say("the second half.", None)
    for events in await asyncio.gather(*watching):
        assert replayed(events)[2] == "The first half, the second half."
    assert len(slow.asked) == 1


async def test_an_answer_goes_on_when_nobody_listens(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    async with aclosing(panel.events(conversation)) as events:
        await anext(events)
    slow.say("Nobody ", "hears this.", None)
    await eventually(lambda: slow.closed == 1)
    events = await panel.until_done(conversation, 2)
    assert replayed(events)[2] == "Nobody hears this."


async def test_what_was_given_of_a_stopped_answer_stays_and_it_can_be_given_again(
    enter: Opening, slow: Slow, problem: Problems
) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    slow.say("The first half, ")
    await panel.until_text(conversation, "The first half, ")
    async with aclosing(panel.events(conversation)) as events:
        await anext(events)
        assert (await panel.call("POST", f"/conversations/{conversation}/stop")).status_code == 204
        message = await anext(events)
    assert (message.name, message.data["status"], message.data["text"]) == ("message", "stopped", "The first half, ")
    assert slow.closed == 1
    assert (await panel.history(conversation))["messages"][1]["text"] == "The first half, "
    # There is nothing more to stop, which is no mistake.
    assert (await panel.call("POST", f"/conversations/{conversation}/stop")).status_code == 204
    again = await panel.call("POST", f"/conversations/{conversation}/retry")
    assert (again.status_code, again.json()) == (202, {"reply": 2})
    # Pressed twice it is asked once.
    assert (await panel.call("POST", f"/conversations/{conversation}/retry")).json() == {"reply": 2}
    slow.say("All of it.", None)
    assert replayed(await panel.until_done(conversation, 2))[2] == "All of it."
    assert len(slow.asked) == 2
    problem(await panel.call("POST", f"/conversations/{conversation}/retry"), 409)


async def test_stopping_stops_what_waits_too(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    await panel.say("And who pays?", conversation)
    await panel.call("POST", f"/conversations/{conversation}/stop")
    history = await panel.history(conversation)
    assert [each["status"] for each in history["messages"]] == ["done", "stopped", "done", "stopped"]
    assert len(slow.asked) == 1


async def test_questions_of_one_conversation_are_answered_in_order(enter: Opening, slow: Slow) -> None:
    panel = await enter()
    conversation = (await panel.say("One?"))["conversation"]
    for text in ("Two?", "Three?"):
        await panel.say(text, conversation)
    await eventually(lambda: len(slow.asked) == 1)
    slow.say("1", None, "2", None, "3", None)
    texts = replayed(await panel.until_done(conversation, 6))
    assert [texts[number] for number in (2, 4, 6)] == ["1", "2", "3"]
    assert [question.text for question in slow.asked] == ["One?", "Two?", "Three?"]


async def test_a_fault_is_a_sentence_in_the_widgets_language_without_its_cause(
    enter: Opening, slow: Slow, problem: Problems
) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION, language="de"))["conversation"]
    watching = await panel.watch(conversation, 2)
    slow.say("Half of ", RuntimeError("the password is swordfish"))
    events = await watching
    message = (await panel.history(conversation))["messages"][1]
    assert (message["status"], message["text"], message["answer"]) == ("failed", "Half of ", None)
    assert "Bitte" in message["detail"]
    assert not any("swordfish" in str(event.data) for event in events)
    assert (await panel.call("POST", f"/conversations/{conversation}/retry")).status_code == 202
    slow.say("Now it works.", None)
    await panel.until_done(conversation, 2)
    message = (await panel.history(conversation))["messages"][1]
    assert (message["status"], message["text"], message["detail"]) == ("done", "Now it works.", "")


async def test_an_answer_that_cannot_be_written_fails_whatever_the_fault(
    enter: Opening, slow: Slow, desk: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    watching = await panel.watch(conversation, 2)
    with monkeypatch.context() as patch:
        # Half of a character, as a language model's server may say it.
        patch.setattr(desk.chats._store, "write_answer", lambda *_: "\ud83d".encode())
        slow.say("Half of", None)
        message = (await watching)[-1].data
    assert (message["status"], message["text"], message["answer"]) == ("failed", "Half of", None)
    assert (await panel.call("POST", f"/conversations/{conversation}/retry")).status_code == 202
    slow.say("All of it.", None)
    assert replayed(await panel.until_done(conversation, 2))[2] == "All of it."


async def test_an_answer_that_takes_too_long_fails(
    enter: Opening, slow: Slow, desk: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.chats._answering, "_seconds", 0.05)
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    await panel.until_done(conversation, 2)
    assert (await panel.history(conversation))["messages"][1]["status"] == "failed"


async def test_more_than_the_desk_takes_is_turned_away(
    enter: Opening, slow: Slow, desk: Service, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    panel = await enter()
    held = (await panel.say(QUESTION, client_id="taken-when-there-was-room"))["conversation"]
    await desk.chats.answer_as_person(held, "Ana", "I am here.")
    conversation = (await panel.say(QUESTION))["conversation"]
    monkeypatch.setattr(desk.chats, "_at_once", 1)
    body = {"conversation": conversation, "client_id": "one-too-many-for-now", "text": "And this?", "language": "en"}
    response = await panel.call("POST", "/messages", json=body)
    problem(response, 503)
    assert response.headers["retry-after"] == "1"
    # What was taken already is no new message, and a person needs no room.
    assert (await panel.say(QUESTION, client_id="taken-when-there-was-room"))["conversation"] == held
    assert (await panel.say("Are you there?", held))["reply"] is None
    slow.say("1", None)
    await panel.until_done(conversation, 2)
    assert (await panel.call("POST", "/messages", json=body)).status_code == 202
    slow.say("2", None)
    await panel.until_done(conversation, 4)


async def test_messages_that_wait_for_an_ingest_keep_nobody_else_waiting(enter: Opening, desk: Service) -> None:
    panel, holding, done = await enter(), threading.Event(), threading.Event()

    def hold() -> None:
        with desk.store.engine.connect().execution_options(**WRITE) as connection, connection.begin():
            holding.set()
            done.wait(30)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(hold))
        await eventually(holding.is_set)
        # More than the desk has threads.
        sends = [tasks.create_task(panel.say(QUESTION)) for _ in range(40)]
        await asyncio.sleep(0.05)
        try:
            async with asyncio.timeout(5):
                assert (await panel.http.get("/page/style.css")).status_code == 200
                assert (await panel.call("GET", "/conversations")).status_code == 200
            assert not any(send.done() for send in sends)
        finally:
            done.set()
    assert len({send.result()["conversation"] for send in sends}) == 40


async def test_feedback_is_kept_and_seen_in_the_other_tab(enter: Opening, problem: Problems) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    place = f"/conversations/{conversation}/messages/2/feedback"
    async with aclosing(panel.events(conversation)) as other_tab:
        await anext(other_tab)
        assert (await panel.call("PUT", place, json={"value": "down", "reason": "Too long"})).status_code == 204
        event = await anext(other_tab)
    assert (event.name, event.data["feedback"]) == ("message", "down")
    await panel.call("PUT", place, json={"value": None})
    assert (await panel.history(conversation))["messages"][1]["feedback"] is None
    for number in ("1", "3", "99999999999999999999999"):
        path = f"/conversations/{conversation}/messages/{number}/feedback"
        problem(await panel.call("PUT", path, json={"value": "up"}), 404)
    problem(await panel.call("PUT", place, json={"value": "sideways"}), 422)
    problem(await panel.call("PUT", place, json={"value": "up", "reason": "x" * 1_001}), 422)
    problem(await panel.call("PUT", place.replace("/2/", "/two/"), json={"value": "up"}), 422)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": " "}, "type a question"),
        ({"text": "x" * 501}, "500"),
        ({"text": "a\0b"}, "could not be understood"),
        ({"client_id": "short"}, "client_id"),
        ({"client_id": "with a space in it"}, "client_id"),
        ({"language": "../de"}, "language"),
        ({"more": 1}, "more"),
        ({"conversation": "x" * 65}, "conversation"),
    ],
)
async def test_what_cannot_be_sent_is_a_problem_and_leaves_nothing(
    enter: Opening, problem: Problems, changed: dict[str, Any], words: str
) -> None:
    panel = await enter()
    body = {"conversation": "new", "client_id": "0123456789abcdef", "text": QUESTION, "language": "en"} | changed
    assert words in problem(await panel.call("POST", "/messages", json=body), 422)
    assert (await panel.call("GET", "/conversations")).json() == {"conversations": []}


async def test_nothing_is_kept_before_the_first_message(enter: Opening, desk: Service) -> None:
    def rows() -> int:
        with desk.store.engine.connect() as connection:
            tables = (chats, chat_messages)
            return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    before = rows()
    panel = await enter()
    assert (await panel.call("GET", "/conversations")).json() == {"conversations": []}
    await panel.call("GET", "/suggestions")
    assert rows() == before


async def test_suggestions_are_the_desks_own_or_the_editors(enter: Opening, desk: Service) -> None:
    panel = await enter()

    async def suggested(language: str) -> list[str]:
        found: list[str] = (await panel.call("GET", f"/suggestions?language={language}")).json()["suggestions"]
        return found

    assert await suggested("de-AT") == ["Wie lange dauert eine Erstattung?"]
    assert await suggested("xx") == []
    assert await suggested("%25' or 1=1 --") == []


async def test_an_id_of_the_widget_is_none_of_the_apis(enter: Opening, problem: Problems) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    body = {"question": "And to Germany?", "conversation_id": conversation}
    problem(await panel.http.post("/api/ask", json=body), 422)
    made = (await panel.http.post("/api/ask", json=body | {"conversation_id": "new"})).json()["conversation_id"]
    problem(await panel.call("GET", f"/conversations/{made}/events"), 404)


async def test_what_was_said_is_counted_with_bounded_labels(enter: Opening, desk: Service) -> None:
    def counted(name: str, **labels: str) -> float:
        return desk.metrics.registry.get_sample_value(f"polydesk_widget_{name}", labels) or 0

    before = counted("messages_total", author="visitor"), counted("replies_total", status="done")
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    after = counted("messages_total", author="visitor"), counted("replies_total", status="done")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    async with aclosing(panel.events(conversation)) as events:
        await anext(events)
        assert counted("streams") == 1
    assert counted("streams") == 0
    text = (await panel.http.get("/metrics")).text
    assert conversation not in text
    assert "/api/widget/conversations/{id}/events" in text
