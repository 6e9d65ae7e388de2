"""The manifest is one that Slack takes, in every language and for each way to be reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli.app import app
from bot.config import SlackSettings
from bot.phrases import Phrases
from bot.slack.manifest import EVENTS, SCOPES, manifest
from bot.slack.words import Words
from tests.fakes.slack.manifest_schema import manifest_problems

PHRASES = Phrases()


@pytest.mark.parametrize("language", PHRASES.languages)
@pytest.mark.parametrize("socket", [False, True])
@pytest.mark.parametrize("client_id", ["", "1.2"])
def test_slack_takes_it(language: str, socket: bool, client_id: str) -> None:
    slack, say = SlackSettings(client_id=client_id), Words(PHRASES, language)
    made = manifest(slack, "https://help.example.com", say, socket=socket)
    assert manifest_problems(made) == []
    # What is cut would look broken for ever.
    assert "…" not in json.dumps(made, ensure_ascii=False)
    assert made["settings"]["socket_mode_enabled"] is socket
    assert ("redirect_urls" in made["oauth_config"]) is bool(client_id)


def test_every_event_has_its_scope() -> None:
    needed = {"message.im": "im:history", "message.channels": "channels:history", "message.groups": "groups:history",
              "app_mention": "app_mentions:read", "agent_session_stopped": "assistant:write"}  # fmt: skip
    assert {needed[event] for event in EVENTS if event in needed} <= set(SCOPES)


def written(*arguments: str, folder: Path) -> str:
    config = folder / "config.yaml"
    config.write_text("server: {public_url: 'https://desk.example'}\nslack: {mode: 'off'}\n")
    result = CliRunner().invoke(app, ["--config", str(config), "slack", "manifest", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_it(tmp_path: Path) -> None:
    made = yaml.safe_load(written(folder=tmp_path))
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://desk.example/slack/events"
    assert made["features"]["slash_commands"][0]["url"] == "https://desk.example/slack/events"
    elsewhere = json.loads(written("--url", "https://other.example/", "--json", folder=tmp_path))
    assert elsewhere["settings"]["interactivity"]["request_url"] == "https://other.example/slack/events"
    socket = json.loads(written("--socket", "--json", folder=tmp_path))
    assert "request_url" not in socket["settings"]["event_subscriptions"]


def test_slack_calls_https_only(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["slack", "manifest", "--url", "http://desk.example"])
    assert result.exit_code == 2
    assert "https://" in result.output
