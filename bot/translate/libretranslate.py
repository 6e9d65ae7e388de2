"""Translation by a LibreTranslate server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from bot.translate.base import Pair, seconds_until
from retrieval.circuit_breaker import PROBE_SECONDS, Changed, CircuitBreaker
from retrieval.errors import UpstreamError, UpstreamTimeout
from retrieval.languages import base_language
from retrieval.upstream import Upstream

TRANSLATE, LANGUAGES = "/translate", "/languages"
# A server that does not translate one word within this hangs.
HANG_SECONDS = 1.5
# Its names for languages that Polydesk calls otherwise; of several scripts or regions the commonest goes first.
_OWN = {"zh-Hans": "zh", "zh-Hant": "zh", "zt": "zh", "pt-BR": "pt", "pb": "pt", "nb": "no"}
Result = TypeVar("Result")


class LibreTranslate:
    """The engine. While the server is out, calls fail at once. Used from one event loop.

    Args:
        base_url: of the server, as it is opened in a browser.
        timeout_seconds: of a request at most.
        probe_seconds, changed: of the circuit breaker.
    """

    name = "libretranslate"

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        timeout_seconds: float = 4.0,
        probe_seconds: float = PROBE_SECONDS,
        changed: Changed = lambda state, reason: None,
    ) -> None:
        self._upstream = Upstream("translation server", base_url, timeout_seconds=timeout_seconds)
        self._api_key = api_key
        self._timeout = timeout_seconds
        # Our pair → its codes. Asked for once: a server's languages are fixed when it starts.
        self._codes: dict[Pair, Pair] = {}
        self._breaker = CircuitBreaker(self._probe, probe_seconds=probe_seconds, changed=changed)

    @property
    def trouble(self) -> str:
        return self._breaker.reason

    async def translate(
        self, texts: Sequence[str], source: str, target: str, *, until: float | None = None
    ) -> list[str]:
        codes = await self._known(until)
        if (source, target) not in codes:
            url = self._upstream.url(LANGUAGES)
            raise UpstreamError(f"The translation server at {url} does not translate from {source} to {target}.")
        return await self._within(until, lambda seconds: self._asked(texts, codes[source, target], seconds))

    async def pairs(self) -> frozenset[Pair]:
        return frozenset(await self._known(None))

    async def can(self, source: str, target: str, *, until: float | None = None) -> bool:
        return (source, target) in await self._known(until)

    async def close(self) -> None:
        """Stops probing and closes the connections."""
        await self._breaker.close()
        await self._upstream.close()

    async def _known(self, until: float | None) -> dict[Pair, Pair]:
        if not self._codes:
            self._codes = await self._within(until, self._languages)
        return self._codes

    async def _within(self, until: float | None, work: Callable[[float], Awaitable[Result]]) -> Result:
        """The work's result, if calls go through; the work is given its seconds.

        A request that is late may be long or have been given little time, which must not shut out all others. So it
        does not open the circuit; a word that is asked for beside it does, if that is late too.
        """
        seconds = seconds_until(until, self._timeout)
        if not seconds:
            raise UpstreamError("There was no time left to ask the translation server.")
        late: list[UpstreamTimeout] = []

        async def working() -> Result | None:
            try:
                return await work(seconds)
            except UpstreamTimeout as error:
                self._breaker.suspect()
                late.append(error)
                return None

        result = await self._breaker.call(working)
        if result is None:
            raise late[0]
        return result

    async def _languages(self, seconds: float) -> dict[Pair, Pair]:
        listed = await self._upstream.get(LANGUAGES, timeout_seconds=seconds)
        codes: dict[Pair, Pair] = {}
        try:
            for language in listed:
                source = str(language["code"])
                for target in map(str, language["targets"]):
                    pair = _code(source), _code(target)
                    if pair[0] != pair[1]:
                        codes.setdefault(pair, (source, target))
        except (TypeError, KeyError) as error:
            raise UpstreamError(self._said(LANGUAGES, "does not list its languages as LibreTranslate does")) from error
        if not codes:
            raise UpstreamError(self._said(LANGUAGES, "lists no languages"))
        return codes

    async def _asked(self, texts: Sequence[str], codes: Pair, seconds: float) -> list[str]:
        body: dict[str, Any] = {"q": list(texts), "source": codes[0], "target": codes[1], "format": "text"}
        if self._api_key:
            body["api_key"] = self._api_key
        reply = await self._upstream.post(TRANSLATE, body, timeout_seconds=seconds)
        found = reply.get("translatedText") if isinstance(reply, dict) else None
        if not isinstance(found, list) or len(found) != len(texts) or not all(isinstance(text, str) for text in found):
            raise UpstreamError(self._said(TRANSLATE, f"does not give {len(texts)} translations for as many texts"))
        return found

    async def _probe(self) -> None:
        seconds = min(HANG_SECONDS, self._timeout)
        codes = self._codes or await self._languages(seconds)
        await self._asked(["OK"], next(iter(codes.values())), seconds)

    def _said(self, path: str, what: str) -> str:
        return f"The translation server at {self._upstream.url(path)} {what}."


def _code(code: str) -> str:
    return _OWN.get(code, base_language(code))
