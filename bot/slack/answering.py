"""A question from Slack → the desk's answer, streamed into a thread or given to one person alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import AnswerEvent, DeltaEvent, StatusEvent
from bot.question import Question, QuestionRefused
from bot.service import NotReady
from bot.slack import blocks
from bot.slack.answer_blocks import Card, below, draft
from bot.slack.audiences import Right, Workspace
from bot.slack.calls import TROUBLES
from bot.slack.delivery import DeliveryRefused, Stream
from bot.slack.desk import SlackDesk
from bot.slack.escaping import cut, markdown, mrkdwn
from bot.slack.incoming import conversation_id, record_id
from bot.slack.message import Message, Place, Recipient
from bot.slack.progress import Progress
from bot.slack.records import Given
from bot.slack.running import Work
from bot.slack.silence import refused_by_slack
from bot.slack.why import checked_sentences, explanation_of
from bot.slack.words import Words

LOADING = ("slack.loading.search", "slack.loading.compare", "slack.loading.check")
_NOTIFICATION = 300
_STATUS_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, by whom and where.

    Attributes:
        key: names what it came in, for ever.
        id: of the answer's record.
        place: the thread to answer in; for a private answer the conversation that it was asked in.
        user_team: the asker's own workspace.
        right: of all who read the answer.
        own: the asker's, which may be more.
        locale: of the asker's Slack.
        again: it was begun before, and may have been answered by then.
    """

    key: str
    id: str
    home: Workspace
    place: Place
    user: str
    user_team: str
    text: str
    right: Right
    own: Right
    locale: str
    say: Words
    again: bool = False


async def answer_in_thread(desk: SlackDesk, client: AsyncWebClient, asked: Asked) -> None:
    """Streams the answer into the thread; what keeps it from there is said to the asker."""
    try:
        try:
            desk.service.require_ready()
            if not await desk.running.run(asked.place, lambda work: _answer(desk, client, asked, work)):
                stopped = Message(mrkdwn(asked.say("slack.stopped")))
                await desk.delivery.post(f"{asked.key}/stopped", asked.place, stopped)
                await set_session(client, asked.place, "active")
        except (QuestionRefused, NotReady) as error:
            message = Message(mrkdwn(refusal(error, asked.say)))
            await desk.delivery.post(f"{asked.key}/refused", asked.place, message)
    except DeliveryRefused as refused:
        await refused_by_slack(desk, client, asked.key, asked.home, asked.place, asked.user, asked.say, refused)
        await set_session(client, asked.place, "active")


async def answer_alone(desk: SlackDesk, asked: Asked) -> Card:
    """The answer that only the asker may see.

    Raises:
        QuestionRefused, NotReady, TimeoutError: there is none.
    """
    desk.service.require_ready()
    private = replace(asked, right=asked.own)
    question = _question(desk, private, asked.user)
    async with asyncio.timeout(desk.service.settings.server.question_seconds):
        async with aclosing(desk.service.assistant.stream(question)) as events:
            async for event in events:
                if isinstance(event, AnswerEvent):
                    return await _kept(desk, private, question, event)
    raise AssertionError("An answer's events end with it.")


def refusal(error: Exception, say: Words) -> str:
    """What a person reads where there is no answer."""
    match error:
        case QuestionRefused():
            return say(error.key, **error.values)
        case NotReady():
            return say("error.not_ready")
    return say("error.busy")


async def _answer(desk: SlackDesk, client: AsyncWebClient, asked: Asked, work: Work) -> None:
    question = _question(desk, asked)
    desk.service.assistant.check(question)
    processing = asyncio.create_task(_processing(desk, client, asked))
    written: list[str] = []
    recipient = Recipient(asked.user_team, asked.user)
    try:
        async with desk.delivery.stream(f"{asked.key}/answer", asked.place, recipient) as stream:
            try:
                async with asyncio.timeout(desk.service.settings.server.question_seconds):
                    event = await _streamed(desk, asked, question, stream, written)
            except TimeoutError:
                work.ending = True
                await _finish_early(asked, stream, written, asked.say("error.busy"))
                return
            except asyncio.CancelledError:
                if not work.stopped:
                    raise
                _uncancel()
                await _finish_early(asked, stream, written, asked.say("slack.stopped"))
                return
            work.ending = True
            card = await _kept(desk, asked, question, event)
            # What says that the desk is at work must not come after the answer.
            await asyncio.wait((processing,), timeout=_STATUS_SECONDS)
            notification = mrkdwn(cut(card.answer.text, _NOTIFICATION))
            tail = below(card, asked.say)
            await stream.finish(tail, "".join(written), notification=notification, session_status="active")
    finally:
        processing.cancel()
        await asyncio.gather(processing, return_exceptions=True)
    if asked.again:
        # An answer that was complete already leaves the session as it is.
        await set_session(client, asked.place, "active")
    if event.answer.status == "no_answer" and set(asked.own.audiences) - set(asked.right.audiences):
        await _inner_draft(desk, asked)


async def _streamed(
    desk: SlackDesk, asked: Asked, question: Question, stream: Stream, written: list[str]
) -> AnswerEvent:
    """Shows the answer while it is made; gives its last event."""
    last: AnswerEvent | None = None
    async with Progress(stream, asked.say) as progress, aclosing(desk.service.assistant.stream(question)) as events:
        async for event in events:
            match event:
                case StatusEvent("answer", result) if result is not None:
                    await progress.found(result)
                case DeltaEvent(text):
                    await progress.show()
                    written.append(markdown(text, desk.public_url))
                    await stream.append(written[-1])
                case AnswerEvent(answer):
                    last = event
                    await progress.ended(checked_sentences(answer), remembered=event.cached)
    assert last is not None  # The events end with the answer.
    return last


async def _finish_early(asked: Asked, stream: Stream, written: Sequence[str], reason: str) -> None:
    text = "".join(written)
    tail = [blocks.context(reason)] if text else []
    await stream.finish(tail, text or markdown(reason), notification=mrkdwn(reason), session_status="active")


async def _inner_draft(desk: SlackDesk, asked: Asked) -> None:
    """What the asker alone may see, where what all may see says nothing."""
    card = await answer_alone(desk, replace(asked, id=record_id(asked.id, "alone")))
    if card.answer.status != "answered":
        return
    note = asked.say("slack.inner_draft")
    made = draft(card, asked.say, shareable=False, notes=(note,))
    await desk.delivery.ephemeral(f"{asked.key}/inner", asked.place, asked.user, Message(mrkdwn(note), tuple(made)))


async def _kept(desk: SlackDesk, asked: Asked, question: Question, event: AnswerEvent) -> Card:
    """The answer as a card, kept for the buttons below it."""
    settings = desk.service.settings
    given = Given(
        id=asked.id,
        team=asked.place.team,
        channel=asked.place.channel,
        thread=asked.place.thread_ts,
        user=asked.user,
        question=question.text,
        answer=event.answer,
        searched=question.audiences,
        exact=settings.answer.kind == "extractive",
        explanation=explanation_of(event, settings.answer.threshold, desk.service.reranker.description),
        instruction=question.instruction,
        rating=0,
        asked_at=datetime.now(UTC),
    )
    await asyncio.to_thread(desk.records.give, given)
    return Card(given.id, event.answer, desk.public_url)


def _question(desk: SlackDesk, asked: Asked, private_user: str = "") -> Question:
    place = asked.place
    audiences = asked.right.audiences
    return Question(
        text=asked.text,
        audiences=audiences,
        conversation_id=conversation_id(place.team, place.channel, place.thread_ts, audiences, private_user),
        browser_languages=(asked.locale,) if asked.locale else (),
        instruction=desk.instruction(place.channel),
    )


async def set_session(client: AsyncWebClient, place: Place, status: str, *, title: str = "", user: str = "") -> None:
    """Sets how a thread's agent session stands; while it is "processing" Slack shows a button that stops it.

    Best effort: never raises.

    Args:
        title, user: of a session that begins.
    """
    try:
        await client.agents_sessions_setStatus(
            channel_id=place.channel,
            thread_ts=place.thread_ts,
            status=status,
            title=cut(title, 200) or None,
            initiator_user_id=user or None,
        )
    except TROUBLES as error:
        log.info("slack_session_not_set", status=status, reason=type(error).__name__)


async def _processing(desk: SlackDesk, client: AsyncWebClient, asked: Asked) -> None:
    """Shows that the desk is at work, and Slack's button that stops it."""
    await asyncio.gather(
        desk.delivery.status(asked.place, asked.say("widget.searching"), [asked.say(key) for key in LOADING]),
        set_session(client, asked.place, "processing", title=asked.text, user=asked.user),
    )


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
