"""Translation by a LibreTranslate server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.translate.base import Pair
from retrieval.circuit_breaker import PROBE_SECONDS, Changed, CircuitBreaker
from retrieval.errors import UpstreamError
from retrieval.languages import base_language
from retrieval.upstream import Upstream

TRANSLATE, LANGUAGES = "/translate", "/languages"
# Its names for languages that Polydesk calls otherwise; of several scripts or regions the commonest goes first.
_OWN = {"zh-Hans": "zh", "zh-Hant": "zh", "zt": "zh", "pt-BR": "pt", "pb": "pt", "nb": "no"}


class LibreTranslate:
    """The engine. While the server is out, calls fail at once. Used from one event loop.

    Args:
        base_url: of the server, as it is opened in a browser.
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
        # Our pair → its codes. Asked for once: a server's languages are fixed when it starts.
        self._codes: dict[Pair, Pair] = {}
        self._breaker = CircuitBreaker(self._probe, probe_seconds=probe_seconds, changed=changed)

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        codes = await self._known()
        if (source, target) not in codes:
            url = self._upstream.url(LANGUAGES)
            raise UpstreamError(f"The translation server at {url} does not translate from {source} to {target}.")
        return await self._breaker.call(lambda: self._asked(texts, codes[source, target]))

    async def pairs(self) -> frozenset[Pair]:
        return frozenset(await self._known())

    async def can(self, source: str, target: str) -> bool:
        return (source, target) in await self._known()

    async def close(self) -> None:
        """Stops probing and closes the connections."""
        await self._breaker.close()
        await self._upstream.close()

    async def _known(self) -> dict[Pair, Pair]:
        if not self._codes:
            self._codes = await self._breaker.call(self._languages)
        return self._codes

    async def _languages(self) -> dict[Pair, Pair]:
        listed = await self._upstream.get(LANGUAGES)
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

    async def _asked(self, texts: Sequence[str], codes: Pair) -> list[str]:
        body: dict[str, Any] = {"q": list(texts), "source": codes[0], "target": codes[1], "format": "text"}
        if self._api_key:
            body["api_key"] = self._api_key
        reply = await self._upstream.post(TRANSLATE, body)
        found = reply.get("translatedText") if isinstance(reply, dict) else None
        if not isinstance(found, list) or len(found) != len(texts) or not all(isinstance(text, str) for text in found):
            raise UpstreamError(self._said(TRANSLATE, f"does not give {len(texts)} translations for as many texts"))
        return found

    async def _probe(self) -> None:
        codes = self._codes or await self._languages()
        await self._asked(["OK"], next(iter(codes.values())))

    def _said(self, path: str, what: str) -> str:
        return f"The translation server at {self._upstream.url(path)} {what}."


def _code(code: str) -> str:
    return _OWN.get(code, base_language(code))
