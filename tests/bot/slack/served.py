"""A desk with Slack in front of it, shared by the tests of a file: Anna and Bert are agents, Gina is a guest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import LLM, SlackAudience
from bot.service import Service
from bot.slack.blocks import texts
from bot.slack.manifest import manifest
from bot.slack.words import Words
from tests.bot.slack.slackbot import settings_for
from tests.bot.slack.test_channel import serving
from tests.conftest import SmallDesk
from tests.fakes.slack import Channel, FakeSlack, Message, User
from tests.fakes.slack.shapes import shown_blocks

INNER = SlackAudience(audiences=("public", "agents"))
# Stands in a file for agents only.
SECRET = "forty euros"
SECRET_QUESTION = "How much goodwill may an agent grant?"
PUBLIC_QUESTION = "How long does a refund take?"


@dataclass
class Served:
    """The desk, and whom and where to ask."""

    slack: FakeSlack
    service: Service
    anna: User
    bert: User
    gina: User
    agents: Channel
    public: Channel
    guests: Channel

    async def settled(self) -> None:
        """Waits until every event is worked off."""
        await self.slack.deliveries.settled()
        channel = self.service.slack
        assert channel is not None
        async with asyncio.timeout(30):
            while (await channel._inbox.figures()).waiting:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def answer(self, channel: Channel, thread: str, count: int = 1) -> Message:
        """The app's message of this number in a thread, once it is whole."""

        def whole() -> list[Message]:
            return [one for one in self.slack.answers(channel, thread) if not one.streaming and not one.seen_only_by]

        found: list[Message] = await self.slack.until(lambda: len(whole()) >= count and whole())
        return found[count - 1]

    async def ephemeral(self, channel: Channel, user: User, count: int = 1) -> Message:
        """What one person alone was shown in a channel."""

        def shown() -> list[Message]:
            return [message for message in channel.ephemerals if message.seen_only_by == user.id]

        found: list[Message] = await self.slack.until(lambda: len(shown()) >= count and shown())
        return found[count - 1]


def text_of(message: Message) -> str:
    """Every word that a message shows."""
    return "\n".join((message.text, *texts(shown_blocks(message))))


def view_text(view: Any) -> str:
    """Every word that a window or Home shows."""
    return "\n".join(texts(view.body["blocks"]))


@asynccontextmanager
async def open_served(
    small_desk: SmallDesk,
    folder: Path,
    places: Callable[[FakeSlack], Sequence[Channel]] = lambda slack: (),
    writer: str = "",
    **more: Any,
) -> AsyncIterator[Served]:
    """The desk, listening.

    Args:
        places: makes further channels; for those that it gives, inner knowledge is set up.
        writer: the address of a language model that writes the answers; "" for extracts.
        more: settings of Slack.
    """
    async with FakeSlack() as slack:
        slack.limits.on = False
        anna, bert, gina = slack.add_user("Anna"), slack.add_user("Bert"), slack.add_user("Gina", "guest")
        agents = slack.add_channel("agents", [anna, bert], "private")
        public = slack.add_channel("general", [anna, bert, gina])
        guests = slack.add_channel("partners", [anna, gina], "private")
        base = small_desk.copy(folder).settings
        values = settings_for(slack, folder).slack.model_copy(
            update={
                "admins": (bert.id,),
                "direct_messages": INNER,
                "channels": {channel.id: INNER for channel in (agents, public, guests, *places(slack))},
                **more,
            }
        )
        server = base.server.model_copy(update={"public_url": "https://help.example.com"})
        settings = base.model_copy(update={"slack": values, "server": server})
        if writer:
            written = {
                "llm": LLM(base_url=writer, model="scripted"),
                "answer": base.answer.model_copy(update={"kind": "generated"}),
            }
            settings = settings.model_copy(update=written)
        async with serving(slack, settings) as service:
            made = manifest(settings.slack, "https://desk.example", Words(service.phrases, "en"))
            url = slack.app.request_url
            slack.app.configure(made)
            slack.app.request_url = url
            slack.install(slack.team)
            yield Served(slack, service, anna, bert, gina, agents, public, guests)
            await slack.deliveries.settled()
