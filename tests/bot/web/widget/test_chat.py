"""A chat over HTTP: sent once, answered once, and seen whole by whoever listens, whenever they come."""

from __future__ import annotations

import pytest

from tests.bot.web.widget.conftest import Opening

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
