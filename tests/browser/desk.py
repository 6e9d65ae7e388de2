"""A desk as customers' browsers meet it: `polydesk serve` in a process of its own, with an operator beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.desk import serving
from bot.desk_file import read_desk_file
from tests.conftest import write_files

KNOWLEDGE = {
    "_folder.yaml": "url_base: /help\nlanguage: en\n",
    "refunds.md": '---\nquestions: ["How long does a refund take?", "Who pays for the return?"]\n---\n# Refunds\n\n'
    "## How long a refund takes\n\nWe refund within five working days after the parcel has arrived at our warehouse. "
    "The money goes back the way it came.\n\n## Who pays for the return\n\nThe return label is free of charge within "
    "the European Union.\n",
    "battery.md": '---\nquestions: ["How do I charge the battery?"]\n---\n# Battery\n\n## How to charge the battery\n\n'
    "Charge the battery at room temperature with the charger that came with the bike. A full charge takes four hours. "
    "Unplug the charger when the light is green. Keep the battery dry while it charges.\n\n"
    "## Prices of batteries\n\n| battery | price |\n|---|---|\n| 418 Wh | €499 |\n| 625 Wh | €699 |\n",
    "ar/_folder.yaml": "language: ar\n",
    "ar/rental.md": '---\nquestions: ["هل يمكنني استئجار دراجة ليوم واحد؟"]\n---\n# استئجار الدراجات\n\n## الأسعار\n\n'
    "تكلفة استئجار دراجة ليوم كامل هي خمسة وأربعون يورو. يشمل السعر الخوذة والقفل.\n",
    "zh/_folder.yaml": "language: zh\n",
    "zh/tax.md": '---\nquestions: ["外国游客可以退税吗？"]\n---\n# 退税\n\n## 外国游客\n\n'
    "外国游客购买自行车可以在机场办理退税。退税需要护照和购物发票。\n",
}


@dataclass(frozen=True, slots=True)
class RunningDesk:
    """A desk that runs.

    Attributes:
        url: on localhost; the pages that embed it are on 127.0.0.1, another site.
        folder: holds its data folder and its log.
        operator: asks as the desk's operator.
    """

    url: str
    folder: Path
    operator: httpx.Client

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def script(self) -> str:
        """The attributes of the script tag that embeds the widget."""
        return f'src="{self.url}/widget.js"'

    def conversations(self) -> list[dict[str, Any]]:
        """All conversations with customers, the newest first."""
        found: list[dict[str, Any]] = self.operator.get("/api/conversations").raise_for_status().json()["conversations"]
        return found

    def say(self, conversation: str, text: str, name: str = "Mia") -> None:
        """A person of the team writes."""
        body = {"text": text, "name": name}
        self.operator.post(f"/api/conversations/{conversation}/messages", json=body).raise_for_status()


def write_knowledge(folder: Path) -> None:
    """What the tests ask about, in three languages."""
    write_files(folder, KNOWLEDGE)


@contextmanager
def running_desk(
    folder: Path, origin: str, settings: Mapping[str, Mapping[str, Any]] | None = None, **desk: Any
) -> Iterator[RunningDesk]:
    """A desk on the knowledge in ``folder/knowledge`` that pages of the origin may embed.

    Args:
        settings: sections of config.yaml to change.
        desk: settings of the desk `default`.
    """
    limits = {
        "visitor_per_minute": 10_000,
        "address_per_minute": 100_000,
        "origin_per_minute": 100_000,
        "origin_per_day": 1_000_000,
        "desk_per_minute": 100_000,
        "sessions_per_minute": 100_000,
    }
    widget = {"desks": {"default": {"origins": [origin], "email": "help@shop.example", **desk}}, "limits": limits}
    knowledge = {"watch": False, "minimum_tokens": 0}
    sections: dict[str, Mapping[str, Any]] = {"widget": widget, "knowledge": knowledge, **(settings or {})}
    with serving(folder, [folder / "knowledge"], sections) as running:
        known = read_desk_file(folder / "data")
        assert known is not None
        headers = {"Authorization": f"Bearer {known.token}"}
        url = f"http://localhost:{running.port}"
        with httpx.Client(base_url=known.url, headers=headers, trust_env=False, timeout=30) as operator:
            yield RunningDesk(url, folder, operator)
