"""A small desk that many tests share: a handful of knowledge files, ingested once in the session."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import settings as hypothesis_settings
from sqlalchemy import update

from bot.config import Knowledge, Server, Settings
from bot.service import Service
from bot.web.app import create_app
from retrieval.database import WRITE, open_engine
from retrieval.tables import files

pytest_plugins = ["tests.vllm_server.fixtures"]

# The same examples on every run, and no deadline: a busy machine is no finding.
hypothesis_settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis_settings.load_profile("suite")

TOKEN = "the-operator's-token"

FILES = {
    "_folder.yaml": "url_base: /help\nlanguage: en\n",
    "refunds.md": "# Refunds\n\n## How long a refund takes\n\nWe refund within five working days after the parcel has "
    "arrived at our warehouse. The money goes back the way it came.\n\n## Who pays for the return\n\nThe return label "
    "is free of charge within the European Union. <script>alert(1)</script>\n",
    "battery.md": "# Battery\n\n## How to charge the battery\n\nCharge the battery at room temperature with the "
    "charger that came with the bike. A full charge takes four hours.\n\n## Error E-104\n\nThe display shows E-104 "
    "when the battery is colder than five degrees. Let it warm up indoors.\n",
    "agents/_folder.yaml": "audience: agents\nurl_base: ''\n",
    "agents/goodwill.md": "# Goodwill\n\n## How much goodwill an agent may grant\n\nAn agent may grant a voucher of up "
    "to forty euros without asking the team lead.\n",
}


@dataclass(frozen=True)
class SmallDesk:
    """Where the small desk lies; `copy` it before changing anything."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder / "data",
            knowledge=Knowledge(roots=(self.folder / "knowledge",), watch=False, minimum_tokens=0),
            server=Server(port=0, max_body_bytes=20_000, max_question_chars=500),
        )

    def copy(self, to: Path) -> SmallDesk:
        """The same desk in another folder, as if its files had been published from there."""
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        engine = open_engine(f"sqlite:///{to / 'data' / 'polydesk.sqlite3'}")
        with engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(update(files).values(root=str(to / "knowledge")))
        engine.dispose()
        return SmallDesk(to)


def write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def small_desk(tmp_path_factory: pytest.TempPathFactory) -> SmallDesk:
    """A desk with public and agents-only files at revision 1; nobody has it open."""
    desk = SmallDesk(tmp_path_factory.mktemp("desk"))
    write_files(desk.folder / "knowledge", FILES)

    async def ingest() -> None:
        async with Service.open(desk.settings) as service:
            report = await service.ingest((), lambda values: None)
        assert not report["failures"], report

    asyncio.run(ingest())
    return desk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The small desk, open; tests only ask it."""
    copy = small_desk.copy(tmp_path_factory.mktemp("open-desk"))
    async with Service.open(copy.settings) as service:
        yield service


@pytest.fixture(scope="session")
def app(service: Service) -> FastAPI:
    return create_app(service, TOKEN)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the real application in this process."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


@pytest.fixture
def operator() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


Problems = Callable[[httpx.Response, int], str]


@pytest.fixture
def problem() -> Problems:
    """Checks that a response is a problem of this status; gives its detail."""

    def checked(response: httpx.Response, status: int) -> str:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body.keys() == {"type", "title", "status", "detail", "request_id"}
        assert body["status"] == status
        assert body["request_id"] == response.headers["x-request-id"]
        return str(body["detail"])

    return checked
