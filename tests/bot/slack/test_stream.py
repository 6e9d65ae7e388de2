"""Whatever happens to a stream, the thread shows the answer: all of it, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.slack.channel import SlackChannel
from bot.slack.delivery import Delivery, DeliveryRefused
from bot.slack.message import Message, Place
from tests.bot.slack.slackbot import answers, asked, opened, shown_text
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.faults import Kind

SENTENCE = "Refunds take **five** working days [1], and the money goes back the way it came.\n"
HAN = "退款需要五个工作日，款项将原路退回。"
TAIL = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Sources* refunds"}}]


def text_of(characters: int, sentence: str = SENTENCE) -> str:
    return (sentence * (characters // len(sentence) + 1))[:characters]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack
        assert not slack.violations, slack.violations


@pytest.fixture(autouse=True)
def _settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # The stand-in has done by then what it will do.
    monkeypatch.setattr("bot.slack.completion.SETTLE_SECONDS", 0.2)


async def say(delivery: Delivery, slack: FakeSlack, text: str, *, piece: int = 400, pause: float = 0.0) -> None:
    """Streams a text into a new thread and looks at what the thread shows in the end."""
    channel, question, place, recipient = asked(slack)
    async with delivery.stream("Ev1/answer", place, recipient) as stream:
        await stream.task("search", "Search the help pages", "in_progress")
        for start in range(0, len(text), piece):
            await stream.append(text[start : start + piece])
            await asyncio.sleep(pause)
        await stream.task("search", "Search the help pages", "complete", "Sections found: 50")
        sent = await stream.finish(TAIL, text, notification="An answer", session_status="active")
    said = answers(slack, channel, question)
    assert shown_text(said) == text
    assert [message.ts for message in said] == list(sent)
    assert all(not message.streaming for message in said)
    assert said[-1].blocks[-1] == TAIL[0]
    assert sum(TAIL[0] in message.blocks for message in said) == 1


@pytest.mark.parametrize("sentence", [SENTENCE, HAN], ids=["latin", "han"])
@pytest.mark.parametrize("characters", [1, 200, 3_000, 9_990, 11_900, 20_000])
async def test_the_whole_answer_is_shown(slack: FakeSlack, tmp_path: Path, characters: int, sentence: str) -> None:
    async with opened(slack, tmp_path) as channel:
        await say(channel.delivery, slack, text_of(characters, sentence))


async def test_a_slow_answer_is_shown_while_it_is_written(slack: FakeSlack, tmp_path: Path) -> None:
    async with opened(slack, tmp_path) as channel:
        await say(channel.delivery, slack, text_of(3_000), piece=150, pause=0.2)
    appends = slack.api.of("chat.appendStream")
    assert 3 <= len(appends) <= 8
    assert len(slack.api.of("chat.startStream")) == 1
    assert not slack.api.of("chat.postMessage")


CALLS = (
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "conversations.replies",
)
FAULTS = [
    ("ratelimited", "chat.startStream", False),
    ("status", "chat.startStream", False),
    ("status", "chat.startStream", True),
    ("reset", "chat.startStream", True),
    ("ratelimited", "chat.appendStream", False),
    ("status", "chat.appendStream", False),
    ("reset", "chat.appendStream", True),
    ("ratelimited", "chat.stopStream", False),
    ("status", "chat.stopStream", False),
    ("reset", "chat.stopStream", True),
    ("reset", "chat.postMessage", True),
    ("status", "chat.postMessage", False),
    ("ratelimited", "chat.postMessage", False),
    ("reset", "chat.update", True),
]


@pytest.mark.parametrize(("kind", "method", "after"), FAULTS)
async def test_nothing_is_lost_or_doubled_when_a_call_fails(
    slack: FakeSlack, tmp_path: Path, kind: str, method: str, after: bool
) -> None:
    if method in ("chat.postMessage", "chat.update"):
        # Otherwise all goes over the stream.
        after_start = method == "chat.update"
        slack.fail("reset" if after_start else "ratelimited", "chat.startStream", after=after_start)
    slack.fail(kind, method, after=after)  # type: ignore[arg-type]
    async with opened(slack, tmp_path) as channel:
        await say(channel.delivery, slack, text_of(4_000), piece=500, pause=0.3)


async def test_whatever_fails_together_and_whenever_the_desk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.calls.SECONDS", 2.0)
    room = asyncio.Semaphore(12)

    async def one(seed: int) -> None:
        chance = random.Random(seed)
        text = text_of(chance.choice((200, 3_000, 9_990, 12_500, 20_000)), chance.choice((SENTENCE, HAN)))
        piece, pause, ends = chance.choice((150, 400, 2_000)), chance.choice((0.0, 0.05, 0.3)), chance.random() < 0.3
        folder = tmp_path / str(seed)
        folder.mkdir()

        async def answered(opening: SlackChannel) -> tuple[str, ...]:
            async with opening.delivery.stream("Ev1/answer", place, recipient) as stream:
                for number, start in enumerate(range(0, len(text), piece)):
                    await stream.append(text[start : start + piece])
                    await asyncio.sleep(pause if number < 10 else 0)
                    if ends and number == 3:
                        slack.clock.advance(301)
                return await stream.finish(TAIL, text, session_status="active")

        async with room, FakeSlack() as slack, asyncio.timeout(90):
            channel, question, place, recipient = asked(slack)
            for _ in range(chance.randint(1, 4)):
                kind: Kind = chance.choice(("ratelimited", "status", "reset", "hangup", "delay"))
                after = kind != "ratelimited" and chance.random() < 0.6
                slack.fail(kind, chance.choice(CALLS), after=after, skip=chance.randint(0, 2))
            if chance.random() < 0.5:
                async with opened(slack, folder) as opening:
                    ended = asyncio.create_task(answered(opening))
                    await asyncio.wait((ended,), timeout=chance.choice((0.02, 0.1, 0.4, 1.0)))
                    ended.cancel()
                    await asyncio.gather(ended, return_exceptions=True)
            async with opened(slack, folder) as opening:
                await opening.start()
                sent = await answered(opening)
            said = answers(slack, channel, question)
            assert shown_text(said) == text, seed
            assert [message.ts for message in said] == list(sent), seed
            assert [TAIL[0] in message.blocks for message in said].count(True) == 1, seed
            assert not any(message.streaming for message in said), seed
            assert not slack.violations, slack.violations

    await asyncio.gather(*(one(seed) for seed in range(48)))


async def test_a_stream_that_slack_ends_goes_on_in_another_message(slack: FakeSlack, tmp_path: Path) -> None:
    text = text_of(4_000)
    channel, question, place, recipient = asked(slack)
    async with (
        opened(slack, tmp_path) as opening,
        opening.delivery.stream("Ev1/answer", place, recipient) as stream,
    ):
        await stream.append(text[:1_000])
        await slack.until(lambda: shown_text(answers(slack, channel, question)) == text[:1_000])
        slack.clock.advance(301)
        await stream.append(text[1_000:2_000])
        await slack.until(lambda: shown_text(answers(slack, channel, question)) == text[:2_000])
        await stream.append(text[2_000:])
        slack.clock.advance(301)
        await stream.finish(TAIL, text)
    said = answers(slack, channel, question)
    assert shown_text(said) == text
    assert len(said) == 2


async def test_an_answer_that_was_changed_replaces_what_was_shown(slack: FakeSlack, tmp_path: Path) -> None:
    channel, question, place, recipient = asked(slack)
    async with (
        opened(slack, tmp_path) as opening,
        opening.delivery.stream("Ev1/answer", place, recipient) as stream,
    ):
        await stream.append("Refunds take six days.")
        await slack.until(lambda: answers(slack, channel, question))
        await stream.finish(TAIL, "Refunds take five days.")
    assert shown_text(answers(slack, channel, question)) == "Refunds take five days."


async def test_many_answers_at_once_stay_within_the_limits(slack: FakeSlack, tmp_path: Path) -> None:
    async def one(number: int, delivery: Delivery) -> None:
        channel, question, place, recipient = asked(slack, f"question {number}")
        text = f"{number}: {text_of(1_500)}"
        async with delivery.stream(f"Ev{number}/answer", place, recipient) as stream:
            for start in range(0, len(text), 300):
                await stream.append(text[start : start + 300])
                await asyncio.sleep(0.1)
            await stream.finish(TAIL, text)
        assert shown_text(answers(slack, channel, question)) == text

    async with opened(slack, tmp_path) as opening:
        await asyncio.gather(*(one(number, opening.delivery) for number in range(30)))
    limited = [asked for asked in slack.api.asked if asked.error == "ratelimited"]
    assert not limited
    assert len(slack.api.of("chat.startStream")) >= 15


@pytest.mark.parametrize("moment", ["before", "started", "unnoted", "stopped", "posted"])
async def test_what_a_crash_leaves_is_completed(slack: FakeSlack, tmp_path: Path, moment: str) -> None:
    text = text_of(14_000)
    channel, question, place, recipient = asked(slack)
    async with opened(slack, tmp_path) as opening:
        stream = opening.delivery.stream("Ev1/answer", place, recipient)
        await stream.__aenter__()
        if moment != "before":
            await stream.append(text[:2_000])
            await slack.until(lambda: shown_text(answers(slack, channel, question)) == text[:2_000])
        if moment == "unnoted":
            await opening.delivery._outbox.note("Ev1/answer", "")
        if moment in ("stopped", "posted"):
            finishing = asyncio.create_task(stream.finish(TAIL, text))
            calls = "chat.stopStream" if moment == "stopped" else "chat.postMessage"
            await slack.until(lambda: slack.api.of(calls))
            finishing.cancel()
            await asyncio.gather(finishing, return_exceptions=True)
        await stream.__aexit__(None, None, None)
    async with opened(slack, tmp_path) as opening:
        await opening.start()
        async with opening.delivery.stream("Ev1/answer", place, recipient) as stream:
            await stream.append(text)
            sent = await stream.finish(TAIL, text)
        said = answers(slack, channel, question)
        assert shown_text(said) == text
        assert [message.ts for message in said] == list(sent)
        calls_so_far = len(slack.api.asked)
        async with opening.delivery.stream("Ev1/answer", place, recipient) as stream:
            await stream.append(text)
            assert await stream.finish(TAIL, text) == sent
        assert len(slack.api.asked) == calls_so_far


async def test_nothing_else_in_the_thread_is_taken_for_a_lost_stream(slack: FakeSlack, tmp_path: Path) -> None:
    channel, question, place, recipient = asked(slack)
    async with opened(slack, tmp_path) as opening:
        await opening.delivery.post("Ev0/note", place, Message("Something said before."))
        async with opening.delivery.stream("Ev0/answer", place, recipient) as stream:
            await stream.append("An answer before.")
            await stream.finish([], "An answer before.")
        async with opening.delivery.stream("Ev1/answer", place, recipient) as stream:
            await stream.append("Half an")
            await slack.until(lambda: len(answers(slack, channel, question)) == 3)
    async with (
        opened(slack, tmp_path) as opening,
        opening.delivery.stream("Ev1/answer", place, recipient) as stream,
    ):
        await stream.finish([], "Half an answer, and the rest.")
    said = answers(slack, channel, question)
    assert len(said) == 3
    assert shown_text(said) == "An answer before.Half an answer, and the rest."
    assert said[0].text == "Something said before."


async def test_where_slack_takes_no_message_the_caller_learns_why(slack: FakeSlack, tmp_path: Path) -> None:
    place = Place(slack.team.id, "C0UNKNOWN", "1.2")
    async with (
        opened(slack, tmp_path) as opening,
        opening.delivery.stream("Ev1/answer", place, asked(slack)[3]) as stream,
    ):
        await stream.append("Hello")
        with pytest.raises(DeliveryRefused) as caught:
            await stream.finish([], "Hello")
    assert (caught.value.method, caught.value.error) == ("chat.postMessage", "channel_not_found")
