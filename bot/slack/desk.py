"""What the listeners work with: the desk behind them and the way to Slack."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.service import Service
from bot.slack.audiences import Right, Workspace, used_audiences
from bot.slack.delivery import Delivery
from bot.slack.directory import Directory
from bot.slack.records import Given, Records
from bot.slack.running import Running
from bot.slack.words import Words, language_of


@dataclass(frozen=True, slots=True)
class SlackDesk:
    """The parts, and the questions that every listener asks of them."""

    service: Service
    delivery: Delivery
    directory: Directory
    records: Records
    running: Running

    @property
    def public_url(self) -> str:
        return self.service.settings.server.public_url

    async def words(self, client: AsyncWebClient, home: Workspace, user: str) -> Words:
        """Phrases in somebody's language: as they set it, else as their Slack is."""
        own = await asyncio.to_thread(self.records.language, home.team, user)
        person = None if own else await self.directory.person(client, home, user)
        locale = person.locale if person else ""
        return Words(self.service.phrases, language_of(self.service.phrases, own, locale))

    async def used(self, given: Given) -> tuple[str, ...]:
        """Whose knowledge an answer shows, by what its files belong to now."""
        paths = {citation.path for citation in given.answer.citations}
        found = await asyncio.to_thread(self.records.audiences_of, paths)
        return used_audiences(found, given.searched, exact=given.exact)

    async def may_see(
        self, client: AsyncWebClient, home: Workspace, user: str, channel: str, given: Given
    ) -> Right | None:
        """What somebody may see of an answer as things are now, None where they may not see it.

        Args:
            channel: that they look at it in, "" for none: then the one counts that it was asked in.
        """
        if given.team != home.team:
            return None
        right = await self.directory.alone(client, home, user, channel or given.channel)
        return right if right.allows(await self.used(given)) else None

    def instruction(self, channel: str) -> str:
        """What the reranker is told to judge for questions from a conversation; "" for nothing of its own."""
        settings = self.service.settings
        place = settings.slack.direct_messages if channel.startswith("D") else settings.slack.channels.get(channel)
        return (place.instruction if place else "") or settings.instruction("slack")
