"""What the app listens to."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import SlackDesk
from bot.slack.listeners import buttons, commands, home, messages


def register(app: AsyncApp, desk: SlackDesk) -> None:
    """Registers every listener."""
    for module in (messages, commands, buttons, home):
        module.register(app, desk)
