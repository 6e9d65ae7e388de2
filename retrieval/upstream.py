"""An HTTP client for one service that the desk calls: JSON in, JSON or server-sent events out, within a deadline."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from retrieval.errors import UpstreamError, UpstreamRefused, UpstreamTimeout

# A reply that is longer than any the desk asks for is not read to its end.
MAX_REPLY_BYTES = 32_000_000
# No event of a stream is longer: each is about one token.
MAX_EVENT_BYTES = 1_000_000
# The first pause before another try; it doubles with each, and jitter keeps many desks from coming back in step.
PAUSE_SECONDS = 0.05
# The service did not do the work, and may do it in a moment.
_BUSY = frozenset({429, 502, 503})


class Upstream:
    """A service at one address. Used from one event loop; keeps its connections open between calls.

    Args:
        name: what the service is to the desk, such as "reranker"; begins the sentence of an error.
        base_url: without /v1.
        api_key: sent as a bearer token, if there is one.
        timeout_seconds: until when a call must have ended, all its tries together.
        retries: further tries when the connection fails or the service says that it is busy (429, 502, 503).
    """

    def __init__(
        self, name: str, base_url: str, *, api_key: str = "", timeout_seconds: float = 4.0, retries: int = 2
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self._retries = retries
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # The deadline holds for a call as a whole, which a limit for each of its reads would not.
        limits = httpx.Limits(max_connections=256, max_keepalive_connections=32)
        self._client = httpx.AsyncClient(headers=headers, timeout=None, limits=limits)

    def url(self, path: str) -> str:
        """The address as people may read it: without a password."""
        url = httpx.URL(self.base_url + path)
        return str(url.copy_with(username=None, password=None)) if url.userinfo else str(url)

    async def post(self, path: str, body: Any, *, timeout_seconds: float | None = None) -> Any:
        """Sends JSON and gives the reply's JSON.

        Args:
            path: with a slash in front.
            timeout_seconds: in place of the client's.

        Raises:
            UpstreamTimeout: it was not there within the time.
            UpstreamRefused: the service answers with another status than 200.
            UpstreamError: it cannot be reached, or answers what is no JSON.
        """
        return await self._whole("POST", path, body, timeout_seconds)

    async def get(self, path: str, *, timeout_seconds: float | None = None) -> Any:
        """The JSON that lies at a path. Raises as `post` does."""
        return await self._whole("GET", path, None, timeout_seconds)

    @asynccontextmanager
    async def stream(
        self, path: str, body: Any, *, first_seconds: float | None = None, timeout_seconds: float | None = None
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Sends JSON; inside the block, the data of each server-sent event as it comes. Leaving the block hangs up.

        Args:
            first_seconds: until when the first event must be there.
            timeout_seconds: until when the last one must be there, in place of the client's.

        Raises:
            UpstreamTimeout: either was not there within the time; also while the events are read.
            UpstreamError: the service cannot be reached, refuses, or breaks off; also while the events are read.
        """
        begun = asyncio.get_running_loop().time()
        last = begun + (self.timeout_seconds if timeout_seconds is None else timeout_seconds)
        first = last if first_seconds is None else min(last, begun + first_seconds)
        response = await self._send("POST", path, body, first, retries=self._retries)
        events = self._events(response, path, first, last)
        try:
            yield events
        finally:
            await events.aclose()
            await response.aclose()

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _whole(self, method: str, path: str, body: Any, timeout_seconds: float | None) -> Any:
        seconds = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        until = asyncio.get_running_loop().time() + seconds
        response = await self._send(method, path, body, until, retries=self._retries)
        try:
            content = await self._read(response, path, until)
        finally:
            await response.aclose()
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._error(path, "the reply is no JSON") from error

    async def _send(self, method: str, path: str, body: Any, until: float, retries: int) -> httpx.Response:
        """The reply's head, with status 200; its body is yet to be read."""
        content = None if body is None else json.dumps(body).encode()
        failure: UpstreamError | None = None
        try:
            async with asyncio.timeout_at(until):
                for attempt in range(retries + 1):
                    if failure is not None:
                        await asyncio.sleep(PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
                    try:
                        response = await self._client.send(self._request(method, path, content), stream=True)
                    except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                        failure = self._error(path, _cause(error))
                        continue
                    if response.status_code == 200:
                        return response
                    failure = await self._refusal(response, path)
                    if response.status_code not in _BUSY:
                        break
        except TimeoutError as error:
            # What was wrong before the time was up says more than that it was up.
            raise failure or self._timeout(path) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(path, _cause(error)) from error
        assert failure is not None  # Otherwise a reply was returned.
        raise failure

    def _request(self, method: str, path: str, content: bytes | None) -> httpx.Request:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        return self._client.build_request(method, self.base_url + path, content=content, headers=headers)

    async def _refusal(self, response: httpx.Response, path: str) -> UpstreamError:
        """What a reply with another status than 200 says; reads and closes it."""
        found = b""
        try:
            async for chunk in response.aiter_bytes():
                found += chunk
                if len(found) > 10_000:
                    break
        finally:
            await response.aclose()
        said = _message(found)
        error = self._error(path, f"it answers with status {response.status_code}{f': {said}' if said else ''}")
        return UpstreamRefused(str(error), response.status_code)

    async def _read(self, response: httpx.Response, path: str, until: float) -> bytes:
        found = bytearray()
        try:
            async with asyncio.timeout_at(until):
                async for chunk in response.aiter_bytes():
                    found += chunk
                    if len(found) > MAX_REPLY_BYTES:
                        raise self._error(path, f"the reply is longer than {MAX_REPLY_BYTES} bytes")
        except TimeoutError as error:
            raise self._timeout(path) from error
        except httpx.HTTPError as error:
            raise self._error(path, _cause(error)) from error
        return bytes(found)

    async def _events(self, response: httpx.Response, path: str, first: float, last: float) -> AsyncGenerator[str]:
        """The data of each event. httpx would end a line at every line separator of Unicode, which JSON may hold."""
        chunks = response.aiter_bytes().__aiter__()
        rest, data, size, until = b"", list[bytes](), 0, first
        while True:
            try:
                async with asyncio.timeout_at(until):
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                raise self._timeout(path) from error
            except httpx.HTTPError as error:
                raise self._error(path, _cause(error)) from error
            if chunk is None:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                line = line.removesuffix(b"\r")
                if line.startswith(b"data:"):
                    data.append(line[5:].removeprefix(b" "))
                    size += len(line)
                elif not line and data:
                    until = last
                    yield b"\n".join(data).decode("utf-8", "replace")
                    data, size = [], 0
                if size > MAX_EVENT_BYTES:
                    break
            if size + len(rest) > MAX_EVENT_BYTES:
                raise self._error(path, f"one event of the reply is longer than {MAX_EVENT_BYTES} bytes")

    def _timeout(self, path: str) -> UpstreamTimeout:
        return UpstreamTimeout(f"The {self.name} at {self.url(path)} did not answer in time.")

    def _error(self, path: str, cause: str) -> UpstreamError:
        return UpstreamError(f"The {self.name} at {self.url(path)} failed: {cause}.")


def _cause(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


def _message(content: bytes) -> str:
    """The sentence in an error's body, as OpenAI, vLLM, FastAPI and others write it; "" where there is none.

    Only the sentence, and not what a validator puts behind it: that is the request, and so a customer's words.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    if not isinstance(found, str):
        return ""
    return " ".join(found.split("'input'")[0].split())[:200].rstrip(" .")
