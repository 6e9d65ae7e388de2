"""A person takes over: from the visitor's asking for one until the bot answers again."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import httpx
import pytest

from bot.service import Service
from tests.bot.web.widget.conftest import Opening, Slow, identity
from tests.conftest import Problems
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "How long does a refund take?"


async def test_the_team_sees_who_a_user_is(enter: Opening, http: httpx.AsyncClient, operator: dict[str, str]) -> None:
    for proven, name in (("Ana Ruiz", "Ana Ruiz"), (None, "")):
        panel = await enter(identity=identity("customer-9", name=proven) if proven else "")
        conversation, _ = await panel.answered(QUESTION)
        said = (await http.get(f"/api/conversations/{conversation}", headers=operator)).json()["messages"]
        assert [(each["author"], each["name"]) for each in said] == [("visitor", name), ("bot", "")]


async def test_a_person_is_asked_for_answers_and_gives_back(
    enter: Opening, http: httpx.AsyncClient, operator: dict[str, str], desk: Service
) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)

    async def waiting() -> list[Any]:
        response = await http.get("/api/conversations?state=waiting&limit=1000", headers=operator)
        return [each for each in response.json()["conversations"] if each["id"] == conversation]

    assert await waiting() == []
    async with aclosing(panel.events(conversation)) as events:
        await anext(events)
        asked = await panel.call("POST", f"/conversations/{conversation}/person")
        assert (asked.status_code, asked.json()) == (200, {"state": "waiting"})
        assert (await anext(events)).data == {"state": "waiting"}
        # Asked twice is asked once.
        assert (await panel.call("POST", f"/conversations/{conversation}/person")).json() == {"state": "waiting"}
        (found,) = await waiting()
        assert (found["desk"], found["origin"], found["messages"]) == ("shop", "https://shop.example", 2)
        # Until one is there the bot goes on.
        receipt = await panel.say("And who pays for the return?", conversation)
        assert receipt["reply"] == 4
        await panel.until_done(conversation, 4)
        sent = await http.post(
            f"/api/conversations/{conversation}/messages", json={"text": " Hello! ", "name": "Ana"}, headers=operator
        )
        assert (sent.status_code, sent.json()) == (201, {"message": 5})
        names = []
        async for event in events:
            names.append(event.name)
            if event.data.get("author") == "person":
                break
        assert names[-2:] == ["state", "message"]
    assert (event.data["text"], event.data["name"], event.data["status"]) == ("Hello!", "Ana", "done")
    silent = await panel.say("Are you still there, bot?", conversation)
    assert silent == {"conversation": conversation, "message": 6, "reply": None}
    assert (await panel.call("POST", f"/conversations/{conversation}/person")).json() == {"state": "person"}
    assert (await panel.call("POST", f"/conversations/{conversation}/retry")).status_code == 409
    back = await http.post(f"/api/conversations/{conversation}/return", headers=operator)
    assert back.json() == {"state": "bot"}
    assert (await panel.call("POST", f"/conversations/{conversation}/retry")).status_code == 409
    _, answer = await panel.answered("What does error E-104 mean?", conversation)
    assert (answer["number"], answer["author"]) == (8, "bot")
    shown = (await http.get(f"/api/conversations/{conversation}", headers=operator)).json()
    authors = ["visitor", "bot", "visitor", "bot", "person", "visitor", "visitor", "bot"]
    assert [each["author"] for each in shown["messages"]] == authors
    assert shown["state"] == "bot"


async def test_the_bot_falls_silent_when_a_person_speaks(
    enter: Opening, http: httpx.AsyncClient, operator: dict[str, str], slow: Slow
) -> None:
    panel = await enter()
    conversation = (await panel.say(QUESTION))["conversation"]
    await panel.say("And another thing?", conversation)
    slow.say("The bot says ")
    await eventually(lambda: bool(slow.asked))
    watching = await panel.watch(conversation, 4)
    await http.post(f"/api/conversations/{conversation}/messages", json={"text": "I am here."}, headers=operator)
    await watching
    slow.say("much more.", None)
    history = await panel.history(conversation)
    assert [(each["author"], each["status"]) for each in history["messages"]] == [
        ("visitor", "done"),
        ("bot", "stopped"),
        ("visitor", "done"),
        ("bot", "stopped"),
        ("person", "done"),
    ]
    assert history["messages"][1]["text"] in ("", "The bot says ")
    assert len(slow.asked) == slow.closed == 1


async def test_a_desk_without_people_says_so(enter: Opening, problem: Problems) -> None:
    panel = await enter("other")
    assert panel.session["desk"]["person"] is False
    conversation, _ = await panel.answered(QUESTION)
    problem(await panel.call("POST", f"/conversations/{conversation}/person"), 403)


async def test_operators_see_why_somebody_was_not_helped(
    enter: Opening, http: httpx.AsyncClient, operator: dict[str, str]
) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    place = f"/conversations/{conversation}/messages/2/feedback"
    await panel.call("PUT", place, json={"value": "down", "reason": "Which five days?"})
    shown = (await http.get(f"/api/conversations/{conversation}", headers=operator)).json()
    assert (shown["messages"][1]["feedback"], shown["messages"][1]["reason"]) == ("down", "Which five days?")
    assert "reason" not in (await panel.history(conversation))["messages"][1]


async def test_operators_erase_conversations_and_visitors(
    enter: Opening, http: httpx.AsyncClient, operator: dict[str, str], problem: Problems
) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    kept, _ = await panel.answered(QUESTION)
    assert (await http.delete(f"/api/conversations/{conversation}", headers=operator)).status_code == 204
    problem(await http.delete(f"/api/conversations/{conversation}", headers=operator), 404)
    problem(await panel.call("GET", f"/conversations/{conversation}/events"), 404)
    visitor = (await http.get(f"/api/conversations/{kept}", headers=operator)).json()["visitor"]
    assert (await http.delete(f"/api/visitors/{visitor}", headers=operator)).status_code == 204
    problem(await panel.call("GET", f"/conversations/{kept}/events"), 401)
    problem(await http.get(f"/api/conversations/{kept}", headers=operator), 404)


async def test_the_list_is_the_newest_first_and_bounded(
    enter: Opening, http: httpx.AsyncClient, operator: dict[str, str], problem: Problems
) -> None:
    panel = await enter()
    made = [(await panel.answered(QUESTION))[0] for _ in range(3)]
    response = await http.get("/api/conversations?limit=2", headers=operator)
    assert [each["id"] for each in response.json()["conversations"]] == made[:0:-1]
    for wrong in ("limit=0", "limit=1001", "limit=many", "state=asleep", "limit=99999999999999999999"):
        problem(await http.get(f"/api/conversations?{wrong}", headers=operator), 422)
    for body in (
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * 10_001},
        {"text": "a\0b"},
        {"text": "a", "name": "x" * 101},
    ):
        problem(await http.post(f"/api/conversations/{made[0]}/messages", json=body, headers=operator), 422)
