"""What operators can see and do: `polydesk slack` status, new-key, rotate-key; the doctor; no secret in the log."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
import yaml
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import insert, select
from typer.testing import CliRunner, Result

from bot.cli.app import WRONG_USE, app
from bot.config import Settings
from bot.delivery_tables import inbox, outbox
from bot.doctor.slack import examine_slack
from bot.group_commit import GroupCommit
from bot.logs import configure_logs
from bot.slack.calls import Bot
from bot.slack.channel import _installed_in
from bot.slack.installations import ManyWorkspaces
from bot.slack.manifest import SCOPES
from bot.slack.oauth import STATE_SECONDS, InstallFailed, OAuth
from bot.slack.sealing import Seal, new_key
from bot.slack.tables import installations
from retrieval.data_folder import database_url
from retrieval.database import WRITE, migrate, open_engine
from retrieval.errors import ConfigurationError
from tests.bot.slack.slackbot import settings_for
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.faults import Kind

BOT = Bot("T1", "", "xoxb-1-secret", "B1", "U1", ("chat:write",))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a database."""
    engine = open_engine(database_url(tmp_path))
    migrate(engine, "bot")
    engine.dispose()
    return tmp_path


def command(data: Path, *arguments: str, keys: str = "") -> Result:
    file = data / "config.yaml"
    file.write_text(yaml.safe_dump({"data_dir": str(data), "slack": {"encryption_keys": keys}}), encoding="utf-8")
    return CliRunner().invoke(app, ["slack", *arguments, "--config", str(file)])


def put(data: Path, *, dead: bool) -> None:
    engine = open_engine(database_url(data))
    event = {"kind": "event", "thread": "T", "urgent": 0, "happened_at": 1.0, "arrived_at": 1.0, "body": b"{}"}
    event |= {"attempts": 5, "due_at": 1.0, "leased_until": 0.0, "reason": "nobody understands it"}
    message = {"kind": "post", "thread": "T", "marker": "m", "put_at": 1.0, "body": b"{}", "receipt": ""}
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        connection.execute(insert(inbox).values(id="Ev1", state="waiting", **event))
        if dead:
            connection.execute(insert(inbox).values(id="Ev2", state="dead", **event))
            reason = "chat.postMessage is_archived"
            connection.execute(insert(outbox).values(key="k", state="dead", reason=reason, **message))
    engine.dispose()


def test_status_says_what_waits_and_what_was_given_up(data: Path) -> None:
    assert command(data, "status").exit_code == 0
    put(data, dead=True)
    shown = command(data, "status")
    assert shown.exit_code == 1
    for words in ("Events that wait: 1", "Ev2: nobody understands it", "k: chat.postMessage is_archived"):
        assert words in shown.stdout
    values = json.loads(command(data, "status", "--json").stdout)
    assert values["inbox"]["dead"] == values["outbox"]["dead"] == 1
    assert "1 events" in command(data, "status", "--retry").stdout
    assert json.loads(command(data, "status", "--json").stdout)["inbox"] | {"oldest_seconds": 0} == {
        "waiting": 2,
        "dead": 0,
        "oldest_seconds": 0,
    }


def test_without_a_database_there_is_a_sentence(tmp_path: Path) -> None:
    assert command(tmp_path, "status").exit_code == WRONG_USE
    assert not (tmp_path / "polydesk.sqlite3").exists()


def test_tokens_are_sealed_and_keys_rotate(data: Path) -> None:
    old, new = new_key(), CliRunner().invoke(app, ["slack", "new-key"]).stdout.strip()
    assert new != old

    async def with_keys(keys: str, work: str) -> Bot | None:
        database = GroupCommit(open_engine(database_url(data), durable=True))
        try:
            installed = ManyWorkspaces(database, Seal(keys))
            if work == "save":
                await installed.save(BOT)
            return await installed.find("T1")
        finally:
            await database.close()

    assert asyncio.run(with_keys(old, "save")) == BOT
    assert b"xoxb-1" not in (data / "polydesk.sqlite3").read_bytes()
    assert asyncio.run(with_keys(f"{new},{old}", "find")) == BOT
    with pytest.raises(ConfigurationError, match="encryption_keys"):
        asyncio.run(with_keys(new, "find"))
    assert "1 installations" in command(data, "rotate-key", keys=f"{new},{old}").stdout
    assert asyncio.run(with_keys(new, "find")) == BOT


async def test_an_organisation_installs_for_all_its_workspaces(data: Path) -> None:
    database = GroupCommit(open_engine(database_url(data), durable=True))
    installed = ManyWorkspaces(database, Seal(new_key()))
    await installed.save(Bot("", "E1", "xoxb-2-secret", "B1", "U1"))
    assert await installed.find("T5") is None
    found = await installed.find("T5", "E1")
    assert found is not None
    assert await installed.find("T5") == found, "what is sent later knows the workspace only"
    now = time.time()
    await installed.remove("T5", "E1", now)
    assert await installed.find("T6", "E1") == found, "the organisation still has it"
    await installed.remove("", "E1", now)
    assert await installed.find("T5", "E1") is None
    assert not await database.read(lambda connection: connection.execute(select(installations)).all())
    await database.close()


async def test_word_of_a_removal_that_comes_late_leaves_a_newer_installation(data: Path) -> None:
    database = GroupCommit(open_engine(database_url(data), durable=True))
    installed = ManyWorkspaces(database, Seal(new_key()), now=lambda: 1_000.0)
    await installed.save(BOT)
    await installed.remove("T1", "", 900.0)
    assert await installed.find("T1") == BOT
    await installed.remove("T1", "", 1_100.0)
    assert await installed.find("T1") is None
    await database.close()


async def test_installs_under_way_are_bounded_until_they_are_too_old(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.oauth.MOST_STATES", 3)
    database = GroupCommit(open_engine(database_url(data), durable=True))
    moments = [0.0] * 4 + [STATE_SECONDS + 1]
    installed = ManyWorkspaces(database, Seal(new_key()))
    oauth = OAuth(AsyncWebClient(), "1", "s", SCOPES, "", installed, database, now=lambda: moments.pop(0))
    states = [await oauth.address() for _ in range(3)]
    assert len(set(states)) == 3
    with pytest.raises(InstallFailed, match="Too many"):
        await oauth.address()
    assert await oauth.address()
    await database.close()


@pytest.mark.parametrize("keys", ["", "abc", "abc,def"])
def test_a_wrong_key_stops_the_start(keys: str) -> None:
    with pytest.raises(ConfigurationError, match=r"slack\.encryption_keys"):
        Seal(keys)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


async def sentences(settings: Settings) -> list[tuple[bool, str]]:
    return [(finding.ok, finding.sentence) for finding in await examine_slack(settings)]


async def test_the_doctor_tries_the_token_and_the_socket(slack: FakeSlack, tmp_path: Path) -> None:
    slack.app.socket_mode = True
    settings = settings_for(slack, tmp_path, mode="socket")
    assert await sentences(settings) == [
        (True, f"Slack takes the bot token, of the workspace {slack.team.id}."),
        (True, "Slack opens sockets for the app."),
    ]
    slack.app.socket_mode = False
    (_, (ok, said)) = await sentences(settings)
    assert not ok
    assert "Socket Mode" in said


async def test_the_doctor_names_the_scopes_that_are_missing(slack: FakeSlack, tmp_path: Path) -> None:
    slack.install(slack.team, [scope for scope in SCOPES if scope not in ("im:history", "users:read")])
    (ok, said) = (await sentences(settings_for(slack, tmp_path)))[0]
    assert not ok
    assert "im:history, users:read" in said


@pytest.mark.parametrize("kind", ["reset", "hangup", "status"])
async def test_a_line_that_breaks_is_an_answer_that_slack_does_not_give(
    slack: FakeSlack, tmp_path: Path, kind: Kind
) -> None:
    slack.fail(kind)
    (ok, said) = (await sentences(settings_for(slack, tmp_path)))[0]
    assert not ok
    assert "Slack" in said


async def test_the_doctor_says_what_is_wrong(slack: FakeSlack, tmp_path: Path) -> None:
    settings = settings_for(slack, tmp_path, bot_token=SecretStr("xoxb-wrong"))
    (token, address) = await sentences(settings)
    assert not token[0]
    assert "invalid_auth" in token[1]
    assert not address[0]
    assert "server.public_url" in address[1]
    (only,) = await sentences(settings_for(slack, tmp_path, signing_secret=SecretStr("")))
    assert "slack.signing_secret" in only[1]
    (only,) = await sentences(settings_for(slack, tmp_path, bot_token=SecretStr("")))
    assert "slack.bot_token" in only[1]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_reaches_the_log(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logs("debug", form)
        log = structlog.get_logger()
        try:
            raise ValueError("the token xoxb-123-abc was not taken by wss://host/link?ticket=abc-def&x=1")
        except ValueError as error:
            log.error("failed", exc_info=error, token="xapp-1-A1-2-secret", url="https://hooks.slack.com/a/b/c")
        logging.getLogger("slack_bolt.App").info("Invalid request signature: the whole body")
        logging.getLogger("slack_sdk.web").debug("Sending a request xoxb-9")
        logging.getLogger("slack_sdk.web").warning("xoxe.xoxp-1-refresh")
        said = capsys.readouterr().err
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    assert "was not taken by" in said
    for secret in ("xoxb-", "xapp-", "abc-def", "/a/b/c", "whole body", "refresh"):
        assert secret not in said


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"team_id": "T1", "enterprise_id": "E1"}, ("T1", "E1")),
        ({"team_id": "T1"}, ("T1", "")),
        (
            {"team_id": "T1", "enterprise_id": "E1", "authorizations": [{"is_enterprise_install": True}]},
            ("", "E1"),
        ),
    ],
)
def test_an_organisation_that_removes_the_app_removes_it_as_a_whole(
    body: dict[str, object], expected: tuple[str, str]
) -> None:
    assert _installed_in(body) == expected
