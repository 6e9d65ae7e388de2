"""Speaks to the running desk for the command line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from bot.desk_file import DeskFile
from retrieval.errors import PolydeskError

SECONDS = 60.0

Progress = Callable[[dict[str, Any]], None]


class DeskRefused(PolydeskError):
    """The running desk answered with a problem; the text is its detail.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, detail: str, status: int) -> None:
        self.status = status
        super().__init__(detail)


class DeskClient:
    """One running desk, asked as an operator."""

    def __init__(self, desk: DeskFile, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = desk.url
        self._http = httpx.AsyncClient(
            base_url=desk.url,
            headers={"Authorization": f"Bearer {desk.token}"},
            timeout=SECONDS,
            transport=transport,
            trust_env=False,  # A proxy has no business between two processes of one machine.
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def alive(self) -> bool:
        """Whether a desk answers there that knows the token."""
        try:
            return (await self._http.get("/api/operator", timeout=5)).status_code == 204
        except httpx.HTTPError:
            return False

    async def dependencies(self) -> dict[str, dict[str, Any]]:
        """The state of everything the desk needs, ready or not."""
        try:
            response = await self._http.get("/ready")
        except httpx.HTTPError as error:
            raise self._lost(error) from error
        if response.status_code not in (200, 503):
            raise _refusal(response)
        states: dict[str, dict[str, Any]] = response.json()["dependencies"]
        return states

    async def ask(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        """An Answer as JSON values."""
        return await self._post("/api/ask", {"question": text, "language": language, "audiences": list(audiences)})

    async def search(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        """See `bot.explain`."""
        return await self._post("/api/search", {"question": text, "language": language, "audiences": list(audiences)})

    async def conversations(self, state: str, limit: int) -> dict[str, Any]:
        """Conversations of the widget, the newest first; those in a state, or all where it is ""."""
        wanted = {"limit": str(limit)} | ({"state": state} if state else {})
        return await self._call("GET", "/api/conversations", params=wanted)

    async def conversation(self, id: str) -> dict[str, Any]:
        """One conversation with its last messages."""
        return await self._call("GET", f"/api/conversations/{quote(id, safe='')}")

    async def reply(self, id: str, text: str, name: str) -> dict[str, Any]:
        """Answers in a conversation as a person."""
        return await self._post(f"/api/conversations/{quote(id, safe='')}/messages", {"text": text, "name": name})

    async def give_back(self, id: str) -> dict[str, Any]:
        """Has the bot answer in a conversation again."""
        return await self._call("POST", f"/api/conversations/{quote(id, safe='')}/return")

    async def erase(self, id: str) -> None:
        """Erases a conversation."""
        await self._call("DELETE", f"/api/conversations/{quote(id, safe='')}")

    async def erase_visitor(self, id: str) -> None:
        """Erases all conversations of a visitor."""
        await self._call("DELETE", f"/api/visitors/{quote(id, safe='')}")

    async def ingest(self, roots: Sequence[str], progress: Progress) -> dict[str, Any]:
        """Has the desk read the roots; `progress` is called with each step. Returns the report.

        Raises:
            DeskRefused: when the desk cannot.
        """
        async for event, values in self._events("/api/ingest", {"roots": list(roots)}):
            if event == "progress":
                progress(values)
            elif event == "report":
                return values
            elif event == "error":
                raise DeskRefused(str(values.get("detail", "")), int(values.get("status", 500)))
        raise DeskRefused(f"The desk at {self._url} went away during the ingest.", 500)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._call("POST", path, json=body)

    async def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise self._lost(error) from error
        if response.is_error:
            raise _refusal(response)
        values: dict[str, Any] = response.json() if response.content else {}
        return values

    async def _events(self, path: str, body: dict[str, Any]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        event = ""
        try:
            async with self._http.stream(
                "POST", path, json=body, timeout=httpx.Timeout(SECONDS, read=None)
            ) as response:
                if response.is_error:
                    await response.aread()
                    raise _refusal(response)
                async for line in response.aiter_lines():
                    name, _, value = line.partition(":")
                    if name == "event":
                        event = value.strip()
                    elif name == "data":
                        yield event, json.loads(value)
        except httpx.HTTPError as error:
            raise self._lost(error) from error

    def _lost(self, error: httpx.HTTPError) -> DeskRefused:
        return DeskRefused(f"The desk at {self._url} does not answer: {error or type(error).__name__}.", 503)


def _refusal(response: httpx.Response) -> DeskRefused:
    try:
        detail = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"{response.url} answered with {response.status_code}."
    return DeskRefused(detail, response.status_code)
