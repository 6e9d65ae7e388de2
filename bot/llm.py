"""The client of a language model behind any OpenAI-compatible server: chat completions, streamed, within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.chat_event import ChatEvent, NoChatEvent, WholeCharacters, read_event
from bot.reasoning import ReasoningFilter
from retrieval.circuit_breaker import PROBE_SECONDS, Changed, CircuitBreaker
from retrieval.errors import UpstreamError, UpstreamRefused, UpstreamTimeout
from retrieval.upstream import Upstream

PATH = "/v1/chat/completions"
# No text has so many characters a token; a server that writes more follows no limit.
MOST_CHARACTERS = 20  # per token
_DONE = "[DONE]"
# Qwen3's and others' templates let a model think first unless told not to; nobody who asks waits for that.
_NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}
_UNKNOWN_FIELD = frozenset({400, 422})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class _Cut(UpstreamError):
    """The text reached its greatest length, which says nothing against the server."""


class LanguageModel:
    """A model on a server. Used from one event loop.

    Args:
        base_url: without /v1.
        first_token_seconds: until when the first of the text must be there.
        timeout_seconds: until when the last of it must be there.
        max_tokens: longest text, in the model's tokens.
        probe_seconds, changed: of the circuit breaker; while it is open, calls fail at once.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        first_token_seconds: float = 2.0,
        timeout_seconds: float = 4.0,
        max_tokens: int = 600,
        probe_seconds: float = PROBE_SECONDS,
        changed: Changed = lambda state, reason: None,
    ) -> None:
        self.model = model
        self._upstream = Upstream("language model", base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._first_token_seconds = first_token_seconds
        self._timeout_seconds = timeout_seconds
        self._max_tokens = max_tokens
        self._extra: dict[str, Any] = dict(_NO_THINKING)
        self._breaker = CircuitBreaker(self.probe, probe_seconds=probe_seconds, changed=changed)

    @property
    def trouble(self) -> str:
        """Why calls fail at once at the moment, as a sentence; "" while they go through."""
        return self._breaker.reason

    @property
    def url(self) -> str:
        """Where it is asked, as people may read it."""
        return self._upstream.url(PATH)

    async def stream(
        self, messages: Sequence[Message], *, timeout_seconds: float | None = None, max_tokens: int | None = None
    ) -> AsyncGenerator[str]:
        """What the model writes, in pieces as they come, without its reasoning. Closing the iterator hangs up.

        Args:
            timeout_seconds, max_tokens: in place of the client's.

        Raises:
            UpstreamError: the server cannot be reached, refuses, is too slow, breaks off, or the text was cut; what was
                given until then stands. `UpstreamTimeout` where it was too slow.
        """
        reasoning, begun = ReasoningFilter(), False
        async with aclosing(self._pieces(messages, timeout_seconds, max_tokens)) as pieces:
            async for piece in pieces:
                text = reasoning.feed(piece)
                # What stands between the reasoning and the text is neither.
                text = text if begun else text.lstrip()
                begun = begun or bool(text)
                if reasoning.stray:
                    # What was taken for the answer was not meant for anybody.
                    raise self._error("it writes its reasoning into its answer; start it with a reasoning parser")
                if text:
                    yield text
        if rest := reasoning.finish():
            yield rest

    async def complete(
        self, messages: Sequence[Message], *, timeout_seconds: float | None = None, max_tokens: int | None = None
    ) -> str:
        """All that the model writes, without its reasoning. Takes and raises what `stream` does."""
        async with aclosing(self._pieces(messages, timeout_seconds, max_tokens)) as pieces:
            written = "".join([piece async for piece in pieces])
        reasoning = ReasoningFilter()
        text = reasoning.feed(written) + reasoning.finish()
        return text.strip()

    async def probe(self) -> None:
        """Has the model write one token, whatever the circuit breaker says. One of its reasoning will do.

        Raises:
            UpstreamError: it did not.
        """
        message = Message("user", "Reply with: ok")
        async with aclosing(self._written((message,), self._timeout_seconds, 1)) as events:
            async for event in events:
                if event.text or event.reasons or event.finished:
                    return

    async def close(self) -> None:
        """Stops probing and closes the connections."""
        await self._breaker.close()
        await self._upstream.close()

    async def _pieces(
        self, messages: Sequence[Message], timeout_seconds: float | None, max_tokens: int | None
    ) -> AsyncGenerator[str]:
        """What the model writes, if calls go through; counts how it went."""
        self._breaker.check()
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        longest = self._max_tokens if max_tokens is None else max_tokens
        begun = False
        try:
            async with aclosing(self._written(messages, seconds, longest)) as events:
                async for event in events:
                    if event.text:
                        begun = True
                        yield event.text
        except UpstreamTimeout as error:
            # A server that was writing is there; only this answer was too long for it. One that was given less than its
            # time has failed, but is not yet known to hang.
            if not begun:
                hangs = seconds >= self._first_token_seconds
                self._breaker.failed(error if hangs else UpstreamError(str(error)))
            raise
        except UpstreamError as error:
            if not isinstance(error, _Cut):
                self._breaker.failed(error)
            raise
        self._breaker.succeeded()

    async def _written(self, messages: Sequence[Message], seconds: float, max_tokens: int) -> AsyncGenerator[ChatEvent]:
        begun = asyncio.get_running_loop().time()
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": one.role, "content": one.content} for one in messages],
            "temperature": 0,
            "max_tokens": max_tokens,
            "stream": True,
        }
        extra = self._extra
        try:
            async with aclosing(self._events(body | extra, begun, seconds)) as events:
                async for event in events:
                    yield event
        except UpstreamRefused as error:
            if not extra or error.status not in _UNKNOWN_FIELD:
                raise
            # Some servers refuse fields that they do not know.
            async with aclosing(self._events(body, begun, seconds)) as events:
                async for event in events:
                    self._extra = {}
                    yield event

    async def _events(self, body: dict[str, Any], begun: float, seconds: float) -> AsyncGenerator[ChatEvent]:
        """The events of one request's answer, all of them there `seconds` after `begun`, their texts made whole."""
        loop = asyncio.get_running_loop()
        first = begun + min(seconds, self._first_token_seconds)
        until, reason, characters, whole = first, None, 0, WholeCharacters()
        async with self._upstream.stream(
            PATH, body, first_seconds=first - loop.time(), timeout_seconds=begun + seconds - loop.time()
        ) as events:
            while True:
                try:
                    # A server may greet at once and then be silent, so the first event is not yet the first token.
                    async with asyncio.timeout_at(until):
                        data = await anext(events, None)
                except TimeoutError as error:
                    did = "was still writing after" if characters else "wrote nothing within"
                    raise UpstreamTimeout(
                        f"The language model at {self.url} {did} {until - begun:g} seconds."
                    ) from error
                if data is None or data == _DONE:
                    break
                try:
                    event = read_event(data)
                except NoChatEvent as error:
                    raise self._error(str(error)) from error
                reason = event.finished or reason
                if event.text:
                    until, characters = begun + seconds, characters + len(event.text)
                    if characters > MOST_CHARACTERS * body["max_tokens"]:
                        raise self._error(f"its answer is far longer than {body['max_tokens']} tokens")
                yield replace(event, text=whole.feed(event.text))
        if rest := whole.finish():
            yield ChatEvent(rest)
        if data is None and reason is None:
            raise self._error("its answer broke off")
        if not characters:
            raise self._error("its answer is empty")
        if reason == "length":
            raise _Cut(str(self._error("its answer was cut at its longest; raise llm.max_tokens")))

    def _error(self, cause: str) -> UpstreamError:
        return UpstreamError(f"The language model at {self.url} failed: {cause}.")
