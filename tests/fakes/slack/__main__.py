"""`python -m tests.fakes.slack`: the demo's workspace with a page, and a desk in it.

--port 8090        of the page
--desk-port 8091
--http             instead of Socket Mode
--no-desk          the workspace alone; prints what an app needs
--data DIR         of the desk; data/slack-demo by default
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from tests.fakes.slack.demo import ROOT, Shop, desk_for, people_the_shop
from tests.fakes.slack.page import SlackWithPage


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.slack", description="A workspace for the Slack app.")
    parser.add_argument("--port", type=int, default=8090, help="of the page")
    parser.add_argument("--desk-port", type=int, default=8091)
    parser.add_argument("--http", action="store_true", help="instead of Socket Mode")
    parser.add_argument("--no-desk", action="store_true", help="the workspace alone")
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "slack-demo", help="the desk's folder")
    options = parser.parse_args()
    slack = SlackWithPage(port=options.port)
    slack.app.socket_mode = not options.http
    slack.deliveries.retry_scale = 1.0
    shop = people_the_shop(slack)
    async with slack:
        serving = asyncio.create_task(serve(slack, shop, options))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    for violation in slack.violations:
        tell(f"Slack's rules were broken: {violation}")


async def serve(slack: SlackWithPage, shop: Shop, options: argparse.Namespace) -> None:
    """Until it is cancelled."""
    desk: contextlib.AbstractAsyncContextManager[object] = contextlib.nullcontext()
    if not options.no_desk:
        tell("Starting a desk and reading the help pages …")
        desk = desk_for(slack, shop, options.data, options.desk_port)
    async with desk:
        if options.no_desk:
            tell(f"base_url {slack.base_url}\nsigning_secret {slack.app.signing_secret}")
            tell(f"bot_token {slack.bot_token}\napp_token {slack.app.app_token}")
        tell(f"Ready: http://localhost:{options.port}")
        await asyncio.Event().wait()


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
