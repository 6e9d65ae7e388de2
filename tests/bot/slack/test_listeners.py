"""What agents see in Slack: from the real Bolt and the real desk, in a workspace that keeps to Slack's rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.answer import Answer, AnswerEvent, DeltaEvent, Event, StatusEvent
from bot.chats.values import Owner, Sent
from bot.question import Question
from bot.slack.answering import Asked
from bot.slack.audiences import Right
from bot.slack.delivery import DeliveryRefused, Stream
from bot.slack.directory import Directory
from tests.bot.slack.answers import answer as made_answer
from tests.bot.slack.served import PUBLIC_QUESTION, SECRET, SECRET_QUESTION, Served, open_served, text_of, view_text
from tests.bot.slack.slackbot import shown_text
from tests.conftest import SmallDesk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with open_served(small_desk, tmp_path_factory.mktemp("slack")) as served:
        yield served


@pytest.fixture(autouse=True)
def rules(served: Served) -> None:
    served.slack.violations.clear()


@pytest.fixture
async def kept(served: Served) -> AsyncIterator[None]:
    yield
    assert not served.slack.violations, served.slack.violations


async def asked_of_desk(served: Served, question: str, *audiences: str) -> Answer:
    return await served.service.assistant.answer(Question(question, audiences or ("public",)))


async def test_a_direct_message_is_answered_in_a_thread_with_sources(served: Served, kept: None) -> None:
    said = served.slack.dm(served.anna, PUBLIC_QUESTION)
    channel = served.slack.dm_channel(served.anna)
    message = await served.answer(channel, said.ts)
    expected = await asked_of_desk(served, PUBLIC_QUESTION, "public", "agents")
    assert shown_text([message]) == expected.text
    text = text_of(message)
    assert "https://help.example.com/help/refunds#how-long-a-refund-takes" in text
    assert "AI assistant" in text
    assert "Why this answer?" in text
    assert served.slack.sessions[channel.id, said.ts].status == "active"


async def test_an_agent_sees_inner_knowledge_where_nobody_else_reads(served: Served, kept: None) -> None:
    said = served.slack.dm(served.anna, SECRET_QUESTION)
    assert SECRET in text_of(await served.answer(served.slack.dm_channel(served.anna), said.ts))


async def test_a_guest_gets_public_knowledge_and_hears_why_once(served: Served, kept: None) -> None:
    channel = served.slack.dm_channel(served.gina)
    for _ in range(2):
        said = served.slack.dm(served.gina, SECRET_QUESTION)
        assert SECRET not in text_of(await served.answer(channel, said.ts))
    why = await served.ephemeral(channel, served.gina)
    assert "full member" in why.text
    await served.settled()
    assert len(channel.ephemerals) == 1


async def test_a_mention_is_answered_and_the_thread_goes_on_without_one(served: Served, kept: None) -> None:
    said = served.slack.mention(served.anna, served.agents, SECRET_QUESTION)
    assert SECRET in text_of(await served.answer(served.agents, said.ts))
    served.slack.say(served.anna, served.agents, PUBLIC_QUESTION, said.ts)
    assert "five working days" in text_of(await served.answer(served.agents, said.ts, 2))
    served.slack.say(served.anna, served.agents, f"<@{served.bert.id}> can you take this?", said.ts)
    hint = await served.ephemeral(served.agents, served.anna)
    assert "somebody else" in hint.text
    served.slack.say(served.anna, served.agents, f"<@{served.bert.id}> please", said.ts)
    await served.settled()
    assert len(served.slack.answers(served.agents, said.ts)) == 2
    assert len(served.agents.ephemerals) == 1


async def test_a_question_is_not_answered_again_when_it_is_edited(served: Served, kept: None) -> None:
    slack, channel = served.slack, served.agents

    edited = {"edited": {"user": served.anna.id, "ts": "1.2"}}
    said = slack.mention(served.anna, channel, PUBLIC_QUESTION)
    await served.answer(channel, said.ts)
    await served.settled()
    slack.emit(slack.team, mention_of(served, said.ts) | edited)
    await served.settled()
    assert len(slack.answers(channel, said.ts)) == 1
    # One that was nothing before it was edited is answered.
    empty = slack.mention(served.anna, channel, "")
    await served.answer(channel, empty.ts)
    now = f"<@{slack.team.bot}> {PUBLIC_QUESTION}"
    slack.emit(slack.team, mention_of(served, empty.ts) | edited | {"text": now})
    assert "five working days" in text_of(await served.answer(channel, empty.ts, 2))


def mention_of(served: Served, ts: str) -> dict[str, Any]:
    return next(one.event for one in served.slack.deliveries.of("app_mention") if one.event["ts"] == ts)


async def test_a_thread_of_others_is_none_of_its_business(served: Served, kept: None) -> None:
    said = served.slack.say(served.anna, served.agents, "Lunch?")
    served.slack.say(served.bert, served.agents, "At noon", said.ts)
    await served.settled()
    assert not served.slack.answers(served.agents, said.ts)
    assert not [one for one in served.agents.ephemerals if one.seen_only_by == served.bert.id]


@pytest.mark.parametrize(("place", "reason"), [("public", "everybody"), ("guests", "guests")])
async def test_where_outsiders_read_the_inner_answer_is_a_draft(
    served: Served, kept: None, place: str, reason: str
) -> None:
    channel = getattr(served, place)
    said = served.slack.mention(served.anna, channel, SECRET_QUESTION)
    assert SECRET not in text_of(await served.answer(channel, said.ts))
    draft = await served.ephemeral(channel, served.anna)
    assert SECRET in text_of(draft)
    assert "Only you can see this." in text_of(draft)
    assert "Share in channel" not in text_of(draft)
    why = await served.ephemeral(channel, served.anna, 2)
    assert reason in why.text


async def test_who_sees_no_more_than_the_channel_hears_why_its_inner_knowledge_is_not_used(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def public(*_: object) -> Right:
        return Right()

    monkeypatch.setattr(Directory, "own", public)
    said = served.slack.mention(served.bert, served.public, PUBLIC_QUESTION)
    await served.answer(served.public, said.ts)
    assert "everybody" in (await served.ephemeral(served.public, served.bert)).text


async def test_the_command_gives_a_draft_that_can_be_shared(served: Served, kept: None) -> None:
    await served.slack.slash(served.anna, served.agents, "/ask", PUBLIC_QUESTION)
    before = len(served.agents.messages)
    found = await served.slack.until(
        lambda: [one for one in served.agents.ephemerals if "Share in channel" in text_of(one)]
    )
    await served.slack.click(served.anna, found[-1], "share")
    await served.slack.until(lambda: len(served.agents.messages) > before)
    shared = list(served.agents.messages.values())[-1]
    assert "five working days" in text_of(shared)
    assert PUBLIC_QUESTION in text_of(shared)
    await served.slack.until(lambda: found[-1] not in served.agents.ephemerals)


async def test_a_draft_that_is_shared_by_two_clicks_is_posted_once(served: Served, kept: None) -> None:
    await served.slack.slash(served.anna, served.agents, "/ask", PUBLIC_QUESTION)
    (draft,) = await served.slack.until(
        lambda: [one for one in served.agents.ephemerals if "Share in channel" in text_of(one)]
    )
    before = len(served.agents.messages)
    await asyncio.gather(*(served.slack.click(served.anna, draft, "share") for _ in range(2)))
    await served.settled()
    assert len(served.agents.messages) == before + 1
    assert draft not in served.agents.ephemerals
    assert not served.slack.violations


async def test_an_inner_draft_is_not_shared_where_outsiders_read(served: Served, kept: None) -> None:
    await served.slack.slash(served.anna, served.guests, "/ask", SECRET_QUESTION)
    found = await served.slack.until(
        lambda: [one for one in served.guests.ephemerals if "Share in channel" in text_of(one)]
    )
    assert SECRET in text_of(found[-1])
    before = len(served.guests.messages)
    await served.slack.click(served.anna, found[-1], "share")
    refused = await served.slack.until(lambda: [one for one in served.guests.ephemerals if "cannot share" in one.text])
    assert "guests" in refused[-1].text
    assert len(served.guests.messages) == before
    await served.slack.click(served.anna, found[-1], "keep")
    await served.slack.until(lambda: "stays private" in text_of(found[-1]))
    assert "Share in channel" not in text_of(found[-1])


async def test_a_draft_shows_what_its_channel_does_and_opens_from_home(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def public(*_: object) -> Right:
        return Right()

    slack, bert = served.slack, served.bert
    monkeypatch.setattr(Directory, "own", public)
    for channel in (served.agents, served.public):
        await slack.slash(bert, channel, "/ask", SECRET_QUESTION)
        assert (SECRET in text_of(await served.ephemeral(channel, bert))) is (channel is served.agents)
        channel.ephemerals.clear()
    await served.settled()
    slack.homes.pop(bert.id, None)
    slack.open_home(bert)
    home = await slack.until(lambda: slack.homes.get(bert.id))
    await slack.click(bert, home, "open:0")
    opened = await slack.until(lambda: slack.opened.get(bert.id))
    assert SECRET in view_text(opened[-1])
    opened.clear()


async def test_a_guest_reads_in_a_draft_or_window_why_it_is_from_public_pages(served: Served, kept: None) -> None:
    slack, gina, channel = served.slack, served.gina, served.guests
    await slack.slash(gina, channel, "/ask", PUBLIC_QUESTION)
    assert "full member" in text_of(await served.ephemeral(channel, gina))
    await slack.shortcut(gina, "find_answer", slack.say(gina, channel, PUBLIC_QUESTION))
    opened = await slack.until(lambda: slack.opened.get(gina.id))
    await slack.until(lambda: "full member" in view_text(opened[-1]))
    opened.clear()


async def test_an_empty_command_says_how_it_is_used(served: Served, kept: None) -> None:
    await served.slack.slash(served.bert, served.agents, "/ask")
    assert "/ask" in (await served.ephemeral(served.agents, served.bert)).text


async def test_the_shortcut_on_a_message_answers_in_a_window_and_shares_in_its_thread(
    served: Served, kept: None
) -> None:
    said = served.slack.say(served.bert, served.agents, PUBLIC_QUESTION)
    await served.slack.shortcut(served.anna, "find_answer", said)
    view = await served.slack.until(
        lambda: [one for one in served.slack.opened.get(served.anna.id, []) if "five working days" in view_text(one)]
    )
    await served.slack.click(served.anna, view[-1], "share")
    message = await served.answer(served.agents, said.ts)
    assert "five working days" in text_of(message)
    served.slack.opened[served.anna.id].clear()


async def test_the_global_shortcut_asks_and_answers_in_a_window(served: Served, kept: None) -> None:
    await served.slack.shortcut(served.anna, "ask")
    await served.slack.until(lambda: served.slack.opened.get(served.anna.id))
    await served.slack.submit_view(served.anna, {"question": SECRET_QUESTION})
    opened = served.slack.opened[served.anna.id]
    await served.slack.until(lambda: opened and SECRET in view_text(opened[-1]))
    served.slack.opened[served.anna.id].clear()


async def test_why_this_answer_shows_ranks_scores_and_checks(served: Served, kept: None) -> None:
    question = "How long does a refund take, please?"
    said = served.slack.dm(served.bert, question)
    message = await served.answer(served.slack.dm_channel(served.bert), said.ts)
    await served.slack.click(served.bert, message, "why")
    view = (await served.slack.until(lambda: served.slack.opened.get(served.bert.id)))[-1]
    text = view_text(view)
    state = f"State of the knowledge: {served.service.knowledge.revision}"
    for part in (question, "Confidence", "0.07", state, "Place 1", "✓ ", served.service.reranker.description):
        assert part in text, part
    served.slack.opened[served.bert.id].clear()


async def test_why_a_remembered_answer_is_searched_for_again(served: Served, kept: None) -> None:
    channel = served.slack.dm_channel(served.bert)
    for _ in range(2):
        said = served.slack.dm(served.bert, "Who pays for the return label?")
        message = await served.answer(channel, said.ts)
    await served.slack.click(served.bert, message, "why")
    await served.slack.until(
        lambda: (
            served.slack.opened.get(served.bert.id)
            and "found now" in view_text(served.slack.opened[served.bert.id][-1])
        )
    )
    served.slack.opened[served.bert.id].clear()


async def test_a_rating_is_kept_and_a_bad_one_offers_a_correction(served: Served, kept: None) -> None:
    said = served.slack.dm(served.anna, "How do I charge the battery?")
    channel = served.slack.dm_channel(served.anna)
    message = await served.answer(channel, said.ts)
    bad = next(text for text in text_of(message).split("\n") if text.endswith(":bad"))
    await served.slack.click(served.anna, message, "feedback", bad)
    thanks = await served.slack.until(lambda: [one for one in channel.ephemerals if "correction" in one.text])
    await served.slack.click(served.anna, thanks[-1], "correct")
    await served.slack.until(lambda: served.slack.opened.get(served.anna.id))
    await served.slack.submit_view(served.anna, {"suggestion": "Charge it at <!channel> 20 °C.", "source": "manual"})
    told = served.slack.dm_channel(served.bert)
    found = await served.slack.until(lambda: [one for one in told.messages.values() if "20 °C" in text_of(one)])
    assert "How do I charge the battery?" in text_of(found[0])
    await served.slack.until(lambda: [one for one in channel.messages.values() if "sent to our editors" in one.text])
    served.slack.open_home(served.bert)
    home = await served.slack.until(
        lambda: (
            served.bert.id in served.slack.homes
            and "20 °C" in view_text(served.slack.homes[served.bert.id])
            and served.slack.homes[served.bert.id]
        )
    )
    await served.slack.click(served.bert, home, "correction_done:0")
    await served.slack.until(lambda: "20 °C" not in view_text(served.slack.homes[served.bert.id]))


async def test_home_shows_ones_own_and_for_admins_the_desks_health(served: Served, kept: None) -> None:
    unanswered = "What is the capital of Mongolia?"
    said = served.slack.dm(served.anna, unanswered)
    await served.answer(served.slack.dm_channel(served.anna), said.ts)
    for user in (served.anna, served.bert, served.gina):
        served.slack.homes.pop(user.id, None)
        served.slack.open_home(user)
        await served.slack.until(lambda user=user: user.id in served.slack.homes)
    anna, bert, gina = (view_text(served.slack.homes[user.id]) for user in (served.anna, served.bert, served.gina))
    assert unanswered in anna
    assert unanswered in bert
    assert unanswered not in gina
    assert "Health" in bert
    assert "knowledge" in bert
    assert "Health" not in anna
    assert "No conversation is waiting." in anna
    assert "waiting" not in gina.lower()


async def test_home_lists_customers_who_wait_for_a_person_but_not_to_guests(served: Served, kept: None) -> None:
    customer = Owner("v.customer", "default", "https://shop.example")
    chats = served.service.chats
    sent = Sent("new", "c" * 16, "May I talk to somebody about my frame?", "en", time.time())
    receipt = await chats.send(customer, sent)
    await chats.ask_for_person(customer, receipt.chat)
    for user in (served.anna, served.gina):
        served.slack.homes.pop(user.id, None)
        served.slack.open_home(user)
        await served.slack.until(lambda user=user: user.id in served.slack.homes)
    anna, gina = (view_text(served.slack.homes[user.id]) for user in (served.anna, served.gina))
    assert "about my frame" in anna
    assert "about my frame" not in gina
    await chats.erase(customer, receipt.chat)


async def test_answering_an_unanswered_question_takes_it_from_the_list(served: Served, kept: None) -> None:
    question = "Which colour has the moon in Ulaanbaatar?"
    said = served.slack.dm(served.anna, question)
    await served.answer(served.slack.dm_channel(served.anna), said.ts)
    served.slack.homes.pop(served.anna.id, None)
    served.slack.open_home(served.anna)
    home = await served.slack.until(lambda: served.slack.homes.get(served.anna.id))
    assert question in view_text(home)
    await served.slack.click(served.anna, home, "answer_it:0")
    await served.slack.until(lambda: served.slack.opened.get(served.anna.id))
    await served.slack.submit_view(served.anna, {"suggestion": "Grey."})
    await served.settled()
    served.slack.open_home(served.anna)
    await served.slack.until(lambda: question not in view_text(served.slack.homes[served.anna.id]))


async def test_the_language_of_buttons_is_ones_own_setting_then_ones_slack(served: Served, kept: None) -> None:
    jun = served.slack.add_user("Jun", locale="ja-JP")
    said = served.slack.dm(jun, PUBLIC_QUESTION)
    message = await served.answer(served.slack.dm_channel(jun), said.ts)
    assert served.service.phrases.get("widget.sources", "ja") in text_of(message)
    served.slack.open_home(jun)
    home = await served.slack.until(lambda: served.slack.homes.get(jun.id))
    await served.slack.click(jun, home, "language", "de")
    await served.slack.until(lambda: "Sprache" in view_text(served.slack.homes[jun.id]))
    said = served.slack.dm(jun, PUBLIC_QUESTION)
    message = await served.answer(served.slack.dm_channel(jun), said.ts)
    assert served.service.phrases.get("widget.sources", "de") in text_of(message)
    assert "five working days" in shown_text([message])


async def test_the_messages_tab_greets_once_and_offers_questions(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = served.slack.add_user("Olga")
    channel = served.slack.dm_channel(olga)
    for _ in range(3):
        served.slack.open_messages(olga)
    await served.slack.until(lambda: channel.messages)
    await served.settled()
    assert len(channel.messages) == 1
    assert "AI assistant" in next(iter(channel.messages.values())).text
    offered = {"en": ("How long?", "x" * 90)}
    monkeypatch.setattr(served.service.suggestions, "of", lambda language, most: offered.get(language, ())[:most])
    olga.locale = "ja-JP"
    served.slack.open_messages(olga)
    title, prompts = await served.slack.until(lambda: served.slack.prompts.get(channel.id))
    assert title == "People often ask"
    assert prompts[0] == {"title": "How long?", "message": "How long?"}
    assert len(channel.messages) == 1


async def test_stop_ends_the_work_and_says_so(served: Served, kept: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def slow(question: Question) -> AsyncIterator[Event]:
        try:
            yield StatusEvent("search")
            yield DeltaEvent("We refund within ")
            await asyncio.sleep(60)
            yield AnswerEvent(made_answer("never"))
        finally:
            ended.set()

    monkeypatch.setattr(served.service.assistant, "stream", slow)
    said = served.slack.dm(served.anna, PUBLIC_QUESTION)
    channel = served.slack.dm_channel(served.anna)
    await served.slack.until(lambda: "We refund within" in shown_text(served.slack.answers(channel, said.ts)))
    await served.slack.until(lambda: (channel.id, said.ts) in served.slack.sessions)
    served.slack.press_stop(served.anna, channel, said.ts)
    await asyncio.wait_for(ended.wait(), 10)
    message = await served.answer(channel, said.ts)
    await served.slack.until(lambda: "The answer was stopped." in text_of(message))
    assert shown_text([message]).startswith("We refund within")
    await served.slack.until(lambda: served.slack.sessions[channel.id, said.ts].status == "active")


async def test_stop_is_heard_before_there_is_anything_to_see(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(stream: Stream) -> Stream:
        await asyncio.sleep(60)
        return stream

    monkeypatch.setattr(Stream, "__aenter__", slow)
    said = served.slack.dm(served.anna, PUBLIC_QUESTION)
    channel = served.slack.dm_channel(served.anna)
    await served.slack.until(lambda: (channel.id, said.ts) in served.slack.sessions)
    served.slack.press_stop(served.anna, channel, said.ts)
    assert (await served.answer(channel, said.ts)).text == "The answer was stopped."
    await served.slack.until(lambda: served.slack.sessions[channel.id, said.ts].status == "active")
    await served.settled()


async def test_nothing_asked_is_said_to_be_nothing(served: Served, kept: None) -> None:
    said = served.slack.mention(served.anna, served.agents, "")
    assert (await served.answer(served.agents, said.ts)).text == "Please type a question."


async def test_sharing_where_the_app_is_not_says_how_to_add_it(served: Served, kept: None) -> None:
    elsewhere = served.slack.add_channel("elsewhere", [served.anna], with_bot=False)
    await served.slack.slash(served.anna, elsewhere, "/ask", PUBLIC_QUESTION)
    draft = await served.ephemeral(elsewhere, served.anna)
    await served.slack.click(served.anna, draft, "share")
    assert "/invite" in (await served.ephemeral(elsewhere, served.anna, 2)).text


async def test_other_apps_get_no_answer(served: Served, kept: None) -> None:
    bot = served.slack.add_user("Robot", "bot")
    served.agents.members.append(bot.id)
    before = len(served.agents.messages)
    message = served.slack.mention(bot, served.agents, PUBLIC_QUESTION)
    await served.settled()
    assert not served.slack.answers(served.agents, message.ts)
    assert len(served.agents.messages) == before + 1
    served.agents.members.remove(bot.id)


async def test_where_slack_takes_no_answer_the_asker_hears_why_in_a_direct_message(served: Served, kept: None) -> None:
    quiet = served.slack.add_channel("announcements", [served.anna], "private")
    said = served.slack.mention(served.anna, quiet, PUBLIC_QUESTION)
    # Somebody has the app leave meanwhile.
    quiet.members.remove(served.slack.team.bot)
    direct = served.slack.dm_channel(served.anna)
    await served.slack.until(lambda: [one for one in direct.messages.values() if "not in that channel" in one.text], 30)
    assert not served.slack.answers(quiet, said.ts)


async def test_where_the_app_may_not_write_the_asker_hears_so_once(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_: object, **__: object) -> None:
        raise DeliveryRefused("chat.postMessage", "restricted_action")

    monkeypatch.setattr(Stream, "finish", forbidden)
    said = served.slack.mention(served.bert, served.agents, PUBLIC_QUESTION)
    await served.settled()
    served.slack.say(served.bert, served.agents, SECRET_QUESTION, said.ts)
    await served.settled()
    direct = served.slack.dm_channel(served.bert)
    assert len([one for one in direct.messages.values() if "not allowed to write there" in one.text]) == 1
    assert served.slack.sessions[served.agents.id, said.ts].status == "active"


async def test_what_fails_for_good_is_said_once_with_its_number(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(question: Question) -> AsyncIterator[Event]:
        raise RuntimeError("the disk is on fire")
        yield

    monkeypatch.setattr(served.service.assistant, "stream", broken)
    monkeypatch.setattr("bot.slack.channel.MOST_ATTEMPTS", 1)
    monkeypatch.setattr("bot.inbox_worker.MOST_ATTEMPTS", 1)
    said = served.slack.dm(served.anna, PUBLIC_QUESTION)
    message = await served.answer(served.slack.dm_channel(served.anna), said.ts)
    assert "Something went wrong on our side" in message.text
    assert "fire" not in text_of(message)
    event = next(one for one in served.slack.deliveries.of("message") if one.event["ts"] == said.ts)
    assert event.payload["event_id"] in message.text
    await served.settled()
    assert served.slack.sessions[event.event["channel"], said.ts].status == "active"
    await served.slack.slash(served.anna, served.agents, "/ask", PUBLIC_QUESTION)
    await served.slack.until(
        lambda: [one for one in served.agents.ephemerals if "went wrong on our side" in one.text], 20
    )
    await served.slack.shortcut(served.anna, "find_answer", said)
    opened = served.slack.opened[served.anna.id]
    await served.slack.until(lambda: opened and "went wrong on our side" in view_text(opened[-1]))
    opened.clear()


async def test_an_answer_that_is_taken_up_again_leaves_no_stop_button(
    served: Served, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Asked] = []

    async def cut_off(desk: object, client: object, asked: Asked) -> None:
        tries.append(asked)
        if len(tries) == 1:
            raise ConnectionError("the process ends")

    monkeypatch.setattr("bot.slack.listeners.messages._say_what_is_left_out", cut_off)
    monkeypatch.setattr("bot.inbox_worker.FIRST_PAUSE_SECONDS", 0.01)
    said = served.slack.dm(served.anna, PUBLIC_QUESTION)
    await served.slack.until(lambda: len(tries) == 2)
    channel = served.slack.dm_channel(served.anna)
    assert len(served.slack.answers(channel, said.ts)) == 1
    assert served.slack.sessions[channel.id, said.ts].status == "active"


async def test_a_thread_that_the_app_only_started_is_not_its_own(served: Served, kept: None) -> None:
    await served.slack.slash(served.bert, served.agents, "/ask", PUBLIC_QUESTION)
    drafts = await served.slack.until(
        lambda: [
            one
            for one in served.agents.ephemerals
            if one.seen_only_by == served.bert.id and "Share in channel" in text_of(one)
        ]
    )
    before = set(served.agents.messages)
    await served.slack.click(served.bert, drafts[-1], "share")
    shared = (await served.slack.until(lambda: set(served.agents.messages) - before)).pop()
    for _ in range(2):
        served.slack.say(served.bert, served.agents, "And in Spain?", shared)
    hint = await served.slack.until(
        lambda: [one for one in served.agents.ephemerals if "only when you mention me" in one.text]
    )
    await served.settled()
    assert len([one for one in served.agents.ephemerals if one.text == hint[0].text]) == 1
    assert not served.slack.answers(served.agents, shared)[1:]
