"""The demo: the workspace of a bicycle shop, and a real desk that works in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.fakes.slack.model import Channel, User
from tests.fakes.slack.page import SlackWithPage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Shop:
    """Who works there and where they talk."""

    anna: User
    ben: User
    gina: User
    sam: User
    support: Channel
    agents: Channel
    partners: Channel


def people_the_shop(slack: SlackWithPage) -> Shop:
    """Fills the workspace."""
    partner = slack.add_team("Spoke & Co", installed=False)
    olga = slack.installer
    assert olga is not None
    anna, ben = slack.add_user("Anna"), slack.add_user("Ben", locale="de-DE")
    gina = slack.add_user("Gina", "guest", locale="es-ES")
    sam = slack.add_user("Sam", team=partner)
    support = slack.add_channel("support", [olga, anna, ben])
    agents = slack.add_channel("agents", [olga, anna, ben], "private")
    partners = slack.add_channel("partners", [olga, anna, gina, sam], shared_with=[partner])
    slack.say(ben, support, "Good morning! Mention @Polydesk here when a customer asks something.")
    return Shop(anna, ben, gina, sam, support, agents, partners)


async def manifest_of(url: str, *, socket: bool) -> dict[str, Any]:
    """What `polydesk slack manifest` prints."""
    arguments = ["--json", "--socket"] if socket else ["--json", "--url", "https://desk.example"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "slack", "manifest", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the desk made no manifest")
    found: dict[str, Any] = json.loads(printed.decode().replace("https://desk.example", url))
    return found


def settings_for(slack: SlackWithPage, shop: Shop, folder: Path, port: int) -> dict[str, Any]:
    """The desk's configuration."""
    olga = slack.installer
    assert olga is not None
    return {
        "data_dir": str(folder),
        "knowledge": {"roots": [str(ROOT / "knowledge")]},
        "server": {"port": port, "public_url": f"http://localhost:{port}"},
        "logging": {"format": "text"},
        "slack": {
            "mode": "socket" if slack.app.socket_mode else "http",
            "base_url": slack.base_url,
            "signing_secret": slack.app.signing_secret,
            "bot_token": slack.bot_token,
            "app_token": slack.app.app_token,
            "admins": [olga.id],
            "channels": {
                shop.support.id: {"audiences": ["public"]},
                shop.agents.id: {"audiences": ["public", "agents"]},
                shop.partners.id: {"audiences": ["public"]},
            },
        },
    }


@contextlib.asynccontextmanager
async def desk_for(slack: SlackWithPage, shop: Shop, folder: Path, port: int) -> AsyncIterator[str]:
    """A desk in a process of its own that works in the workspace; its address, once it is ready."""
    slack.app.configure(await manifest_of(f"http://127.0.0.1:{port}", socket=slack.app.socket_mode))
    config = await asyncio.to_thread(_write, folder, settings_for(slack, shop, folder, port))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "serve", "--config", str(config), cwd=ROOT, env=os.environ | {"TERM": "dumb"}
    )
    try:
        await _ready(slack, process, port)
        yield f"http://localhost:{port}"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def _write(folder: Path, settings: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


async def _ready(slack: SlackWithPage, process: asyncio.subprocess.Process, port: int) -> None:
    if slack.app.socket_mode:
        connected = asyncio.create_task(slack.until(lambda: slack.socket.connections, 300))
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        ended.cancel()
    # Some files are answered from before all are read; a demo waits for all.
    while process.returncode is None:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /ready HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            writer.close()
            if b" 200" in answer.splitlines()[0] and b"ingesting" not in answer:
                return
        await asyncio.sleep(0.5)
    raise RuntimeError("the desk ended")
