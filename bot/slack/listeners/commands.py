"""Asking in private: the command, the shortcut on a message, the shortcut from anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.question import QuestionRefused
from bot.service import NotReady
from bot.slack.answer_blocks import draft
from bot.slack.answering import Asked, answer_alone, refusal
from bot.slack.app import LAST_ATTEMPT
from bot.slack.blocks import Block
from bot.slack.desk import SlackDesk
from bot.slack.incoming import record_id, spoken, typed_into
from bot.slack.listeners.caller import Caller, caller_of, fill_view, open_view, tell
from bot.slack.message import Place
from bot.slack.modals import QUESTION, answer_view, ask_view, waiting_view

Body = Mapping[str, Any]
Ack = Callable[[], Awaitable[object]]


def register(app: AsyncApp, desk: SlackDesk) -> None:
    """Registers the listeners for questions that one person asks alone."""

    @app.command("/ask")
    async def ask(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        text = spoken(str(body.get("text") or ""), context.bot_user_id or "")
        if not text:
            await tell(desk, caller, caller.say("slack.usage", command=body.get("command") or "/ask"))
            return
        asked = await _asked(desk, caller, text, caller.thread)
        try:
            card = await answer_alone(desk, asked)
        except (QuestionRefused, NotReady, TimeoutError) as error:
            await tell(desk, caller, refusal(error, caller.say))
            return
        except Exception:
            if context.get(LAST_ATTEMPT):
                await tell(desk, caller, caller.say("error.internal", id=caller.key))
            raise
        made = draft(card, caller.say, shareable=not caller.channel.startswith("D"), notes=_left_out(asked))
        await tell(desk, caller, card.answer.text, blocks=tuple(made))

    @app.shortcut({"type": "message_action", "callback_id": "find_answer"})
    async def find(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        message = body.get("message") or {}
        text = spoken(str(message.get("text") or ""), context.bot_user_id or "")
        thread = str(message.get("thread_ts") or message.get("ts") or "")
        view_id = await open_view(desk, caller, waiting_view(caller.say, text))
        if view_id:
            await _into_view(desk, caller, view_id, text, thread)

    @app.shortcut({"type": "shortcut", "callback_id": "ask"})
    async def ask_anywhere(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        await open_view(desk, caller, ask_view(caller.say))

    @app.view("ask")
    async def typed(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        text = typed_into(body, QUESTION)
        # The window of the question is closed by now; the answer gets one of its own.
        view_id = await open_view(desk, caller, waiting_view(caller.say, text))
        if view_id:
            await _into_view(desk, caller, view_id, text, "")


async def _into_view(desk: SlackDesk, caller: Caller, view_id: str, text: str, thread: str) -> None:
    """Answers in a window. It can be shared where it was asked about a message."""

    async def answered() -> Block:
        asked = await _asked(desk, caller, text, thread)
        card = await answer_alone(desk, asked)
        shareable = bool(thread) and bool(caller.channel)
        return answer_view(card, caller.say, text, shareable=shareable, notes=_left_out(asked))

    await fill_view(caller, view_id, answered())


def _left_out(asked: Asked) -> tuple[str, ...]:
    """Why inner knowledge is not used where it is set up."""
    reason = asked.own.reason
    return () if reason in ("", "unmapped") else (asked.say(f"slack.public_only.{reason}"),)


async def _asked(desk: SlackDesk, caller: Caller, text: str, thread: str) -> Asked:
    person = await desk.directory.person(caller.client, caller.home, caller.user)
    own = await desk.directory.alone(caller.client, caller.home, caller.user, caller.channel)
    return Asked(
        key=caller.key,
        id=record_id(caller.key),
        home=caller.home,
        place=Place(caller.home.team, caller.channel, thread),
        user=caller.user,
        user_team=caller.team,
        text=text,
        right=own,
        own=own,
        locale=person.locale if person else "",
        say=caller.say,
    )
