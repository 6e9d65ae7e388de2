"""The command line: `polydesk …`."""

from __future__ import annotations


def main() -> None:
    """The entry point of the console script."""
    from bot.cli.app import app

    app(prog_name="polydesk")
