"""Suggested corrections on their way to the admins."""

from __future__ import annotations

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import blocks
from bot.slack.audiences import Workspace
from bot.slack.blocks import Block, line, quote, rich_text, words
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import cut, lines, mrkdwn
from bot.slack.message import Message
from bot.slack.records import Correction, Given
from bot.slack.silence import direct_message
from bot.slack.words import Words

log = structlog.get_logger()


async def tell_admins(
    desk: SlackDesk, client: AsyncWebClient, home: Workspace, key: str, correction: Correction, given: Given | None
) -> None:
    """Sends a correction to each admin; the answer with it to whoever may see that."""
    person = await desk.directory.person(client, home, correction.user)
    for admin in desk.service.settings.slack.admins:
        direct = await direct_message(client, home, admin)
        if direct is None:
            continue
        say = await desk.words(client, home, admin)
        right = None if given is None else await desk.may_see(client, home, admin, "", given)
        answer = given.answer.text if given is not None and right is not None else ""
        made = correction_blocks(correction, person.name if person else "", answer, say)
        try:
            message = Message(mrkdwn(say("slack.correction.new")), tuple(made))
            await desk.delivery.post(f"{key}/correction/{admin}", direct, message)
        except DeliveryRefused as refused:
            log.warning("slack_refused", method=refused.method, error=refused.error, channel=direct.channel)


def correction_blocks(correction: Correction, name: str, answer: str, say: Words) -> list[Block]:
    """A correction as an admin reads it.

    Args:
        name: of who suggests it.
        answer: what was said, "" to leave it out.
    """
    parts = [line(words(say("slack.correction.new"), bold=True), words(f"  {cut(name, 80)}"))]
    if correction.question:
        parts += [line(words(say("slack.correction.question"), bold=True)), quote(words(cut(correction.question, 600)))]
    if answer:
        parts += [
            line(words(say("slack.correction.answer"), bold=True)),
            quote(words(cut("\n".join(lines(answer)), 800))),
        ]
    parts += [
        line(words(say("slack.correction.suggestion"), bold=True)),
        quote(words(cut(correction.suggestion, 3_000))),
    ]
    if correction.source:
        parts += [line(words(say("widget.sources"), bold=True)), quote(words(cut(correction.source, 600)))]
    done = blocks.button(say("slack.correction.done"), "correction_done", str(correction.id))
    return [rich_text(*parts), blocks.actions(done)]
