"""Opens the Slack app around an open desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.service import Service
from bot.slack.channel import SlackChannel, open_channel
from bot.slack.desk import SlackDesk
from bot.slack.directory import Directory
from bot.slack.listeners import register
from bot.slack.records import Records
from bot.slack.running import Running


@asynccontextmanager
async def open_slack(service: Service) -> AsyncIterator[SlackChannel]:
    """The channel with all listeners, closed at the end of the block; it begins to listen when it is started.

    Raises:
        ConfigurationError: a setting is missing.
    """
    settings = service.settings
    slack = settings.slack
    engine = service.store.engine
    async with open_channel(settings, engine.url, service.metrics, lambda: service.knowledge.state().ready) as channel:
        records = Records(engine, settings.conversations.keep_days)
        directory = Directory(
            slack.direct_messages.audiences,
            {id: place.audiences for id, place in slack.channels.items()},
            None if slack.bot_token.get_secret_value() else slack.teams,
        )
        register(channel.app, SlackDesk(service, channel.delivery, directory, records, Running()))
        channel.forget = records.forget_old
        channel.forget_team = records.forget_team
        yield channel
