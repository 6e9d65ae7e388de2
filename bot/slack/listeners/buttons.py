"""What can be done with an answer: rate it, ask why, correct it, share a draft. Rights are looked at at the click."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.question import Question
from bot.slack import blocks
from bot.slack.answer_blocks import Card, draft, shared
from bot.slack.audiences import Right
from bot.slack.blocks import Block
from bot.slack.corrections import tell_admins
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import cut, mrkdwn
from bot.slack.incoming import body_key, typed_into, value_of
from bot.slack.listeners.caller import Caller, caller_of, fill_view, open_view, replace_view, respond, tell
from bot.slack.message import Message, Place
from bot.slack.modals import SOURCE, SUGGESTION, correction_view, notice_view, waiting_view
from bot.slack.records import Correction, Given
from bot.slack.silence import reason_of, silence
from bot.slack.why import explanation_now, why_view

Body = Mapping[str, Any]
Ack = Callable[[], Awaitable[object]]
Handler = Callable[[Caller, Given, Right], Awaitable[None]]


def register(app: AsyncApp, desk: SlackDesk) -> None:
    """Registers the listeners for the buttons below answers and for the form of corrections."""

    @app.action("feedback")
    async def feedback(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        id, _, side = value_of(body).rpartition(":")
        given = await asyncio.to_thread(desk.records.given, id)
        if given is None or given.team != caller.home.team:
            await tell(desk, caller, caller.say("slack.gone"))
            return
        good = side == "good"
        await asyncio.to_thread(desk.records.rate, id, 1 if good else -1)
        thanks = caller.say("slack.rated" if good else "slack.rated_bad")
        correct = blocks.actions(blocks.button(caller.say("slack.correct"), "correct", id))
        if (body.get("view") or {}).get("type") != "modal":
            await tell(desk, caller, thanks, blocks=() if good else (blocks.section(thanks), correct))

    async def checked(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext, handle: Handler) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        given = await asyncio.to_thread(desk.records.given, value_of(body))
        if given is None:
            await tell_in_view(desk, caller, caller.say("slack.gone"))
            return
        right = await desk.may_see(client, caller.home, caller.user, caller.channel, given)
        if right is None:
            await tell_in_view(desk, caller, caller.say("slack.no_right"))
            return
        await handle(caller, given, right)

    @app.action("why")
    async def why(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await checked(ack, body, client, context, lambda *found: _why(desk, *found))

    @app.action("share")
    async def share(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await checked(ack, body, client, context, lambda *found: _share(desk, *found))

    @app.action("keep")
    async def keep(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await checked(ack, body, client, context, lambda *found: _keep(desk, *found))

    @app.action("correct")
    async def correct(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await checked(ack, body, client, context, lambda *found: _correct(desk, *found))

    @app.view("correction")
    async def correction(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        await _corrected(desk, caller)


async def tell_in_view(desk: SlackDesk, caller: Caller, text: str) -> None:
    """Says something to whoever clicked: in a window where they clicked in one, else beside the message."""
    if (caller.body.get("view") or {}).get("type") in ("modal", "home"):
        await open_view(desk, caller, notice_view(caller.say, text))
    else:
        await tell(desk, caller, text)


async def _why(desk: SlackDesk, caller: Caller, given: Given, right: Right) -> None:
    explanation = given.explanation
    if explanation is not None:
        view = why_view(given.question, given.answer, explanation, right, caller.say, desk.public_url)
        await open_view(desk, caller, view)
        return
    # A remembered answer: it is searched for anew, among what may be seen.
    view_id = await open_view(desk, caller, waiting_view(caller.say, given.question))
    if not view_id:
        return

    async def explained() -> Block:
        audiences = tuple(audience for audience in given.searched if right.allows((audience,)))
        question = Question(given.question, audiences, given.answer.language, instruction=given.instruction)
        found = explanation_now(await desk.service.explain(question))
        return why_view(given.question, given.answer, found, right, caller.say, desk.public_url)

    await fill_view(caller, view_id, explained())


async def _share(desk: SlackDesk, caller: Caller, given: Given, right: Right) -> None:
    """Posts a draft where all may read it, if all may see what it rests on."""
    if given.user != caller.user or not given.channel:
        await tell_in_view(desk, caller, caller.say("slack.gone"))
        return
    used = await desk.used(given)
    readers = await desk.directory.readers(caller.client, caller.home, given.channel)
    if not readers.allows(used):
        await tell_in_view(desk, caller, caller.say(f"slack.no_share.{readers.reason or 'unmapped'}"))
        return
    place = Place(given.team, given.channel, given.thread)
    card = Card(given.id, given.answer, desk.public_url)
    person = await desk.directory.person(caller.client, caller.home, caller.user)
    made = shared(card, caller.say, person.name if person else "", given.question)
    try:
        ts = await desk.delivery.post(
            f"share/{given.id}", place, Message(mrkdwn(cut(given.answer.text, 300)), tuple(made))
        )
    except DeliveryRefused as refused:
        await tell_in_view(desk, caller, silence(caller.say, reason_of(refused)))
        return
    thread = given.thread or ts
    await asyncio.to_thread(desk.records.engage, given.team, given.channel, thread, engaged=False)
    view = caller.body.get("view") or {}
    if view.get("type") == "modal":
        await replace_view(caller, str(view.get("id") or ""), notice_view(caller.say, caller.say("slack.shared")))
    else:
        await respond(caller, Message(""), delete=True)


async def _keep(desk: SlackDesk, caller: Caller, given: Given, right: Right) -> None:
    card = Card(given.id, given.answer, desk.public_url)
    made = draft(card, caller.say, shareable=False, notes=(caller.say("slack.kept"),))
    await respond(caller, Message(mrkdwn(caller.say("slack.kept")), tuple(made)), replace=True)


async def _correct(desk: SlackDesk, caller: Caller, given: Given, right: Right) -> None:
    await open_view(desk, caller, correction_view(caller.say, given.id, given.question))


async def _corrected(desk: SlackDesk, caller: Caller) -> None:
    """Keeps what somebody suggests, tells the admins, and thanks."""
    view = caller.body.get("view") or {}
    id = str(view.get("private_metadata") or "")
    given = await asyncio.to_thread(desk.records.given, id)
    if given is not None and given.team != caller.home.team:
        given = None
    suggestion = typed_into(caller.body, SUGGESTION)
    if not suggestion:
        return
    key = body_key(caller.body)
    correction = Correction(
        id=0,
        team=caller.home.team,
        user=caller.user,
        answer_id=id if given else "",
        question=given.question if given else "",
        suggestion=suggestion,
        source=typed_into(caller.body, SOURCE),
        made_at=datetime.now(UTC),
    )
    correction = await asyncio.to_thread(desk.records.correct, key, correction)
    if given is not None:
        await asyncio.to_thread(desk.records.settle, given.id)
    await tell_admins(desk, caller.client, caller.home, key, correction, given)
    await tell(desk, caller, caller.say("slack.correction.thanks"))
