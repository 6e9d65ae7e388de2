"""Translation as the assistant uses it: of the question for the search, of the answer for the asker."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from bot.answer import Answer, Original
from bot.answers.values import Citation
from bot.translate.base import Translator
from bot.translate.guards import Detector
from bot.translate.layout import parts
from bot.translate.protect import Protector
from bot.translate.sentences import Sentences
from retrieval.errors import UpstreamError
from retrieval.languages import base_language

# The knowledge's languages that a question is translated into: the commonest, each with some weight. Every one costs a
# translation and a search.
MOST_TARGETS = 2
LEAST_SHARE = 0.1
# A translated question only adds to what is found, so it must not cost the answer its time.
QUESTION_SECONDS = 1.0
# Of a text's time. The engine gives up before its caller does, or nobody would notice that it hangs.
ENGINE_SHARE = 0.8
# A question that proves that an engine works.
PROBE = "Where is my order?"
# Pairs named to people.
LISTED = 12

_MARKER = re.compile(r"\[(\d+)\]")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Translated:
    """A text after translation.

    Attributes:
        changed: whether any of it was translated.
        doubted: a part stands in its own language, as no translation of it could be trusted.
        failed: all of it does, as there was no translation.
    """

    text: str
    changed: bool = False
    doubted: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Phrasings:
    """A question in other languages.

    Attributes:
        degraded: there would be more, had the engine not failed.
    """

    texts: tuple[str, ...] = ()
    degraded: bool = False


class Translation:
    """Translates with one engine, within a time, and never loses what it was given. Used from one event loop.

    Args:
        questions, answers: what is translated.
        protected: names that stay as they are.
        timeout_seconds: for a text, and for all of an answer together.
        question_seconds: for a question, where that is less.
        spoken: gives how many passages the audiences may see in each language; blocks.
    """

    def __init__(
        self,
        engine: Translator,
        detector: Detector,
        spoken: Callable[[Sequence[str]], Mapping[str, int]],
        *,
        questions: bool,
        answers: bool,
        protected: Sequence[str] = (),
        timeout_seconds: float = 4.0,
        question_seconds: float = QUESTION_SECONDS,
    ) -> None:
        self.engine = engine
        self.questions = questions
        self.answers = answers
        self.question_seconds = min(question_seconds, timeout_seconds)
        self._detector = detector
        self._spoken = spoken
        self._sentences = Sentences(engine, Protector(protected), detector)
        self._timeout = timeout_seconds

    def forget(self, texts: Collection[str]) -> None:
        """Forgets what is remembered of some texts."""
        self._sentences.forget(texts)

    async def text(self, text: str, source: str, target: str, *, seconds: float | None = None) -> Translated:
        """A text in another language; what cannot be translated within the time stays.

        Args:
            text: Markdown; its structure, code, numbers, codes and addresses stay.
            seconds: until it must be there, where that is less than `timeout_seconds`; without any, only what is
                remembered is translated.
        """
        source, target = base_language(source), base_language(target)
        if source == target or not text.strip():
            return Translated(text)
        found = parts(text)
        said = [part.text for part in found if part.sentence]
        left = self._timeout if seconds is None else min(self._timeout, max(0.0, seconds))
        begun = asyncio.get_running_loop().time()
        until = begun + ENGINE_SHARE * left
        try:
            async with asyncio.timeout_at(begun + left):
                if not await self.engine.can(source, target, until=until):
                    return Translated(text)
                outcomes = await self._sentences.translate(said, source, target, until=until)
        except (UpstreamError, TimeoutError) as error:
            reason = str(error) or "it took too long"
            log.warning("not_translated", engine=self.engine.name, source=source, target=target, reason=reason)
            return Translated(text, failed=True)
        got = iter(outcomes)
        joined = "".join(next(got).text if part.sentence else part.text for part in found)
        return Translated(joined, joined != text, any(outcome.doubted for outcome in outcomes))

    async def question(
        self, text: str, language: str, audiences: Sequence[str], seconds: float | None = None
    ) -> Phrasings:
        """The question in the languages that most of what the audiences may see is in. Never raises.

        Args:
            seconds: until they must be there, where that is less than `question_seconds`.
        """
        if not self.questions:
            return Phrasings()
        counts = await asyncio.to_thread(self._spoken, audiences)
        left = self.question_seconds if seconds is None else min(self.question_seconds, seconds)
        chosen = targets(counts, base_language(language))
        found = await asyncio.gather(*(self.text(text, language, target, seconds=left) for target in chosen))
        texts = dict.fromkeys(each.text for each in found if each.changed and not each.doubted)
        return Phrasings(tuple(texts), any(each.failed for each in found))

    async def answer(self, answer: Answer, language: str, seconds: float | None = None) -> Answer:
        """The answer with its text and quotes in a language; as it was where translation is off or fails.

        Args:
            seconds: see `show`.
        """
        shown = answer
        async with aclosing(self.show(answer, (answer.text,), language, seconds)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    shown = event
        return shown

    async def show(
        self, answer: Answer, pieces: Sequence[str], language: str, seconds: float | None = None
    ) -> AsyncGenerator[str | Answer]:
        """The pieces of an extract's text one by one as they are translated; at last the whole answer.

        Args:
            answer: its citations tell the language of each piece.
            pieces: they make the answer's text; none where the text is in the language already, and shown.
            seconds: for all of it, where that is less than `timeout_seconds`.
        """
        if not self.answers or answer.status != "answered":
            for piece in pieces:
                yield piece
            yield answer
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + (self._timeout if seconds is None else min(self._timeout, seconds))
        sources = self._sources(pieces, answer.citations)
        shown: list[Translated] = []
        for piece, source in zip(pieces, sources, strict=True):
            shown.append(await self._piece(piece, source, language, until - loop.time()))
            yield shown[-1].text
        quotes = [
            await self._piece(citation.quote, citation.language, language, until - loop.time())
            for citation in answer.citations
        ]
        yield _answer(answer, shown, quotes, _commonest(sources, language))

    async def pairs(self) -> str:
        """What can be translated, for people.

        Raises:
            UpstreamError: nothing can, or the engine cannot be asked.
        """
        pairs = await self.engine.pairs()
        if pairs is None:
            return f"{self.engine.name}: any pair of languages"
        if not pairs:
            raise UpstreamError(
                "Argos Translate has no packages: run `polydesk translate install en es`, and start the desk again."
                if self.engine.name == "argos"
                else f"The translation engine {self.engine.name} knows no languages."
            )
        listed = ", ".join(f"{source}-{target}" for source, target in sorted(pairs)[:LISTED])
        return f"{self.engine.name}: {listed}{f' and {len(pairs) - LISTED} more' if len(pairs) > LISTED else ''}"

    async def probe(self) -> str:
        """Translates a question with the engine's first pair; what became of it, for people.

        Raises:
            UpstreamError: it does not work.
        """
        described = await self.pairs()
        source, target = min(await self.engine.pairs() or {("en", "es")})
        (said,) = await self.engine.translate([PROBE], source, target)
        if not said.strip():
            raise UpstreamError(f"The translation engine {self.engine.name} gives nothing for {source}-{target}.")
        return described

    async def close(self) -> None:
        """Closes the engine."""
        await self.engine.close()

    async def _piece(self, text: str, source: str, target: str, seconds: float) -> Translated:
        source = base_language(source) or self._detector.passage(text)
        if not source:
            return Translated(text)
        return await self.text(text, source, target, seconds=seconds)

    def _sources(self, pieces: Sequence[str], citations: Sequence[Citation]) -> list[str]:
        """The language of each piece: of the passage that its marker leads to, which may stand in a later piece."""
        languages = {str(citation.n): base_language(citation.language) for citation in citations}
        found: list[str] = []
        language = ""
        for piece in reversed(pieces):
            marker = _MARKER.search(piece)
            language = languages.get(marker[1], language) if marker else language
            found.append(language or self._detector.passage(piece))
        return found[::-1]


def targets(counts: Mapping[str, int], language: str) -> list[str]:
    """The languages that a question in `language` is translated into, those of most passages first.

    Args:
        counts: passages by language; a knowledge file may name it with a region ("pt-BR"), which is the same language.
    """
    known: Counter[str] = Counter()
    for code, count in counts.items():
        known[base_language(code)] += count
    foreign = [code for code in known if code and code != language and known[code] >= LEAST_SHARE * known.total()]
    return sorted(foreign, key=lambda code: (-known[code], code))[:MOST_TARGETS]


def _answer(answer: Answer, shown: Sequence[Translated], quotes: Sequence[Translated], source: str) -> Answer:
    citations = tuple(
        replace(citation, translation=quote.text) if quote.changed else citation
        for citation, quote in zip(answer.citations, quotes, strict=True)
    )
    changed = any(piece.changed for piece in shown)
    lacking = any(each.doubted or each.failed for each in (*shown, *quotes))
    return replace(
        answer,
        text="".join(piece.text for piece in shown) if shown else answer.text,
        translated=changed or any(quote.changed for quote in quotes),
        original=Original(answer.text, source) if changed else None,
        citations=citations,
        degraded=tuple(dict.fromkeys((*answer.degraded, "translation"))) if lacking else answer.degraded,
    )


def _commonest(sources: Sequence[str], but: str) -> str:
    found = [source for source in sources if source and source != but]
    return max(dict.fromkeys(found), key=found.count, default="")
