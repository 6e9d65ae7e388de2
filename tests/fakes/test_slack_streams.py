from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import Channel, FakeSlack, Message, User
from tests.fakes.slack.shapes import shown_blocks
from tests.fakes.test_slack_api import anna, client, refusal, rules, slack, support

__all__ = ["anna", "client", "slack", "support"]


def text(words: str) -> dict[str, Any]:
    return {"type": "markdown_text", "text": words}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"type": "task_update", "id": "t1", "title": "Searching", "status": status} | more


@pytest.fixture
def question(slack: FakeSlack, anna: User, support: Channel) -> Message:
    return slack.mention(anna, support, "How long?")


@pytest.fixture
def to(slack: FakeSlack, anna: User, support: Channel, question: Message) -> dict[str, str]:
    return {
        "channel": support.id,
        "thread_ts": question.ts,
        "recipient_team_id": slack.team.id,
        "recipient_user_id": anna.id,
    }


async def test_a_stream_grows_and_ends(
    slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], question: Message
) -> None:
    started = await client.chat_startStream(**to, chunks=[task("in_progress", details="12 ")], task_display_mode="plan")
    at = {"channel": to["channel"], "ts": started["ts"]}
    await client.chat_appendStream(**at, chunks=[text("**Five** ")])
    source = {"type": "url", "url": "https://lark.example/returns", "text": "Returns"}
    await client.chat_appendStream(**at, chunks=[text("days."), task("complete", details="pages", sources=[source])])
    message = slack.answers(question.channel, question.ts)[0]
    assert message.streaming
    feedback = [{"type": "section", "text": {"type": "mrkdwn", "text": "Helpful?"}}]
    await client.chat_stopStream(**at, chunks=[text(" Really.")], blocks=feedback, session_status="closed")
    assert not message.streaming
    assert message.stream
    assert message.stream.text == "**Five** days. Really."
    plan, answer, asked = shown_blocks(message)
    assert plan["tasks"][0]["status"] == "complete"
    assert plan["tasks"][0]["details"]["elements"][0]["elements"][0]["text"] == "12 pages"
    assert plan["tasks"][0]["sources"] == [source]
    assert answer == {"type": "markdown", "text": "**Five** days. Really."}
    assert asked == feedback[0]
    assert slack.sessions[to["channel"], question.ts].status == "closed"
    assert not slack.violations
    assert await refusal(client.chat_appendStream(**at, chunks=[text("x")])) == "message_not_in_streaming_state"
    assert rules(slack) == ["message_not_in_streaming_state"]
    await client.chat_update(channel=message.channel, ts=message.ts, text="Six days.")
    assert (message.text, shown_blocks(message)) == ("Six days.", [])


async def test_the_sdks_helper(slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], question: Message) -> None:
    streamer = await client.chat_stream(**to, buffer_size=10)
    for word in ("Five ", "days ", "from ", "delivery."):
        await streamer.append(markdown_text=word)
    await streamer.stop()
    assert [m.stream.text for m in slack.answers(question.channel, question.ts) if m.stream] == [
        "Five days from delivery."
    ]
    assert not slack.violations


async def test_a_stream_dies_after_five_minutes(
    slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], question: Message
) -> None:
    at = {"channel": to["channel"], "ts": (await client.chat_startStream(**to, markdown_text="a"))["ts"]}
    conflict = await refusal(client.chat_update(**at, text="b"))
    assert conflict == "streaming_state_conflict"
    slack.clock.advance(299)
    await client.chat_appendStream(**at, markdown_text="b")
    slack.clock.advance(2)
    assert await refusal(client.chat_appendStream(**at, markdown_text="c")) == "message_not_in_streaming_state"
    assert await refusal(client.chat_stopStream(**at)) == "message_not_in_streaming_state"
    assert slack.answers(question.channel, question.ts)[0].stream.text == "ab"  # type: ignore[union-attr]
    await client.chat_update(**at, text="abc")
    assert rules(slack) == ["streaming_state_conflict"]


async def test_a_person_stops_it(
    slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], question: Message, anna: User
) -> None:
    thread = {"channel_id": to["channel"], "thread_ts": question.ts}
    with pytest.raises(AssertionError):
        slack.press_stop(anna, question.channel, question.ts)
    found = await client.agents_sessions_setStatus(**thread, status="processing", title="Refunds")
    assert found["title"] == "Refunds"
    at = {"channel": to["channel"], "ts": (await client.chat_startStream(**to, markdown_text="a"))["ts"]}
    slack.press_stop(anna, question.channel, question.ts)
    assert await refusal(client.chat_appendStream(**at, markdown_text="b")) == "message_not_in_streaming_state"
    assert slack.sessions[to["channel"], question.ts].status == "processing"
    event = slack.deliveries.of("agent_session_stopped")[0].event
    assert (event["streaming_message_ts"], event["thread_ts"]) == ([at["ts"]], question.ts)
    await client.agents_sessions_setStatus(**thread, status="active", title="Ignored")
    await client.agents_sessions_rename(**thread, title="Returns")
    assert slack.sessions[to["channel"], question.ts].title == "Returns"
    assert not slack.violations


async def test_what_streams_refuse(slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], anna: User) -> None:
    slack.limits.on = False
    nobody = {name: value for name, value in to.items() if not name.startswith("recipient")}
    assert await refusal(client.chat_startStream(**nobody)) == "missing_recipient_team_id"
    assert await refusal(client.chat_startStream(**to, markdown_text="a", chunks=[text("b")])) == (
        "cannot_provide_both_markdown_text_and_chunks"
    )
    at = {"channel": to["channel"], "ts": (await client.chat_startStream(**to, markdown_text="a"))["ts"]}
    assert await refusal(client.chat_appendStream(**at, chunks=[text("b")])) == "streaming_mode_mismatch"
    assert await refusal(client.chat_appendStream(**at)) == "no_text"
    assert await refusal(client.chat_appendStream(**at, markdown_text="x" * 12_000)) == "msg_too_long"
    assert await refusal(client.chat_appendStream(**at, markdown_text="字" * 4_000)) == "msg_too_long"
    await client.chat_appendStream(**at, markdown_text="x" * 11_999)
    for chunk in ({"type": "text"}, text("x") | {"colour": "red"}, task("done"), task("pending", sources=["x"])):
        assert await refusal(client.chat_startStream(**to, chunks=[chunk])) == "invalid_chunks"
    at = {"channel": to["channel"], "ts": (await client.chat_startStream(**to, chunks=[task("pending")]))["ts"]}
    assert await refusal(client.chat_appendStream(**at, chunks=[text("x" * 10_600)])) == "msg_too_long"
    bad = [{"type": "section"}]
    assert await refusal(client.chat_stopStream(**at, blocks=bad)) == "invalid_blocks"
    assert await refusal(client.chat_stopStream(**at, metadata={})) == "invalid_metadata_format"
    many = [task("pending", id=str(number)) for number in range(51)]
    assert await refusal(client.chat_appendStream(**at, chunks=many)) == "msg_blocks_too_many"
    human = slack.say(anna, to["channel"], "mine")
    assert await refusal(client.chat_stopStream(channel=to["channel"], ts=human.ts)) == "message_not_owned_by_app"
    assert await refusal(client.chat_update(channel=to["channel"], ts=human.ts, text="x")) == "cant_update_message"
    await client.chat_stopStream(**at, chunks=[text("<!here>")])
    assert rules(slack)[-1] == "control_sequence"
    assert len(slack.violations) == 17


async def test_twenty_streams_a_minute(slack: FakeSlack, client: AsyncWebClient, to: dict[str, str]) -> None:
    for _ in range(20):
        await client.chat_startStream(**to)
    assert await refusal(client.chat_startStream(**to)) == "ratelimited"
    assert not slack.violations


async def test_direct_messages_need_no_recipient(slack: FakeSlack, client: AsyncWebClient, anna: User) -> None:
    question = slack.dm(anna, "Hello")
    started = await client.chat_startStream(channel=question.channel, thread_ts=question.ts, markdown_text="Hi")
    await client.chat_stopStream(channel=question.channel, ts=started["ts"])
    assert not slack.violations


async def test_a_status_goes_when_a_message_comes(
    slack: FakeSlack, client: AsyncWebClient, to: dict[str, str], question: Message
) -> None:
    thread = {"channel_id": to["channel"], "thread_ts": question.ts}
    await client.assistant_threads_setStatus(**thread, status="is thinking…", loading_messages=["Reading", "Sorting"])
    assert slack.statuses[to["channel"], question.ts].phrases == ("Reading", "Sorting")
    await client.chat_startStream(**to)
    assert not slack.statuses
    many = client.assistant_threads_setStatus(**thread, status="x", loading_messages=["x"] * 11)
    assert await refusal(many) == "invalid_arguments"
    prompts = [{"title": "Refunds", "message": "How long does a refund take?"}]
    home = slack.dm_channel(next(iter(slack.channels[to["channel"]].members)))
    await client.assistant_threads_setSuggestedPrompts(channel_id=home.id, prompts=prompts, title="Ask")
    assert slack.prompts[home.id] == ("Ask", prompts)
    too_many = client.assistant_threads_setSuggestedPrompts(channel_id=home.id, prompts=prompts * 5)
    assert await refusal(too_many) == "invalid_arguments"
