"""The way to the stand-in without a desk behind it: the channel as it is opened in a desk, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.config import Server, Settings, SlackSettings
from bot.metrics import Metrics
from bot.slack.channel import SlackChannel, open_channel
from bot.slack.message import Place, Recipient
from retrieval.database import migrate, open_engine
from tests.fakes.slack import Channel, FakeSlack, Message, User
from tests.fakes.slack.shapes import shown_blocks


def settings_for(slack: FakeSlack, folder: Path, **more: object) -> Settings:
    """Those of a desk that serves the stand-in's first workspace."""
    values = {
        "mode": "http",
        "base_url": slack.base_url,
        "signing_secret": SecretStr(slack.app.signing_secret),
        "bot_token": SecretStr(slack.bot_token),
        "app_token": SecretStr(slack.app.app_token),
        **more,
    }
    return Settings(data_dir=folder, server=Server(port=0), slack=SlackSettings.model_validate(values))


@asynccontextmanager
async def opened(slack: FakeSlack, folder: Path, **more: object) -> AsyncIterator[SlackChannel]:
    """The channel, not started. A second one on the same folder goes on where the first one ended."""
    settings = settings_for(slack, folder, **more)
    engine = open_engine(f"sqlite:///{folder / 'delivery.sqlite3'}")
    migrate(engine, "bot")
    url = engine.url
    engine.dispose()
    async with open_channel(settings, url, Metrics(()), lambda: True) as channel:
        yield channel


def asked(slack: FakeSlack, text: str = "How long does a refund take?") -> tuple[Channel, Message, Place, Recipient]:
    """A question in a direct message: where it is, and whom the answer is for."""
    anna: User = next((user for user in slack.users.values() if user.name == "anna"), None) or slack.add_user("Anna")
    channel = slack.dm_channel(anna)
    question = slack.add_message(channel, anna.id, text=text)
    return channel, question, Place(slack.team.id, channel.id, question.ts), Recipient(slack.team.id, anna.id)


def shown_text(messages: list[Message]) -> str:
    """All the Markdown that messages show."""
    return "".join(
        block["text"] for message in messages for block in shown_blocks(message) if block["type"] == "markdown"
    )


def answers(slack: FakeSlack, channel: Channel, question: Message) -> list[Message]:
    """What the app said in the question's thread."""
    return slack.answers(channel, question.ts)
