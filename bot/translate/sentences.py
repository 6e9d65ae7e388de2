"""Sentences through an engine: what is protected comes back or the sentence stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import structlog
from cachetools import LRUCache

from bot.translate.base import Translator
from bot.translate.guards import Detector, doubt
from bot.translate.layout import plain
from bot.translate.protect import Item, Protector, between, kept, restored, without

log = structlog.get_logger()

# What models put at the end of a piece as if it were a sentence.
_STOPS = (".", "!", "?", "。", "！", "？", "।", "؟")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sentence.

    Attributes:
        text: the translation, or the sentence itself.
        doubted: there was a translation, but none that may be shown.
    """

    text: str
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence under way.

    Attributes:
        values: what stands in the places of the items in the end.
    """

    text: str
    items: tuple[Item, ...]
    values: tuple[str, ...]


class Sentences:
    """Translates sentences one by one, so that a bad one loses nothing but itself. Used from one event loop.

    Each is tried in up to three ways, the later only where the earlier one was doubted: placeholders for all that is
    protected but numbers, placeholders for numbers too, and what stands between the protected parts on its own.

    Args:
        cache: how many sentences are remembered.
    """

    def __init__(self, engine: Translator, protector: Protector, detector: Detector, cache: int = 5_000) -> None:
        self._engine = engine
        self._protector = protector
        self._detector = detector
        self._known: LRUCache[tuple[str, str, str], Outcome] = LRUCache(cache)

    async def translate(
        self, texts: Sequence[str], source: str, target: str, *, until: float | None = None
    ) -> list[Outcome]:
        """What became of each sentence, in their order.

        Args:
            until: see `Translator.translate`.

        Raises:
            UpstreamError: the engine failed; what it gave until then is remembered.
        """
        unknown = list(dict.fromkeys(text for text in texts if (source, target, text) not in self._known))
        found = {text: self._known[source, target, text] for text in texts if text not in set(unknown)}
        found |= {text: Outcome(text) for text in unknown if not self._has_words(text)}
        left = [await self._prepared(text, source, target, until) for text in unknown if text not in found]
        for ask in (_numbers_as_they_are, _all_replaced, _in_pieces):
            if left:
                left = await self._attempt(left, ask, source, target, found, until)
        found |= {sentence.text: Outcome(sentence.text, doubted=True) for sentence in left}
        for text in unknown:
            self._known[source, target, text] = found[text]
        return [found[text] for text in texts]

    def forget(self, texts: Collection[str]) -> None:
        """Forgets the sentences of some texts, in whatever languages."""
        for key in [key for key in self._known if any(key[2] in text for text in texts)]:
            self._known.pop(key, None)

    async def _attempt(
        self,
        sentences: list[_Sentence],
        ask: _Asking,
        source: str,
        target: str,
        found: dict[str, Outcome],
        until: float | None,
    ) -> list[_Sentence]:
        """Adds what succeeds to `found`; gives the sentences to be tried again."""
        asked = [ask(sentence) for sentence in sentences]
        wanted = [text for one in asked if one is not None for text in one.texts]
        got = map(_valid, await self._engine.translate(wanted, source, target, until=until) if wanted else ())
        left: list[_Sentence] = []
        for sentence, one in zip(sentences, asked, strict=True):
            if one is None:
                left.append(sentence)
                continue
            translation = one.joined([next(got) for _ in one.texts])
            reason = "lost" if translation is None else self._doubt(sentence, translation, source, target)
            if translation is None or reason:
                log.debug("translation_doubted", reason=reason, source=source, target=target, way=ask.__name__)
                left.append(sentence)
            else:
                found[sentence.text] = Outcome(translation)
                self._known[source, target, sentence.text] = found[sentence.text]
        return left

    async def _prepared(self, text: str, source: str, target: str, until: float | None) -> _Sentence:
        said = plain(text)
        items = self._protector.items(said)
        values = [await self._link(item.text, source, target, until) if item.link else item.text for item in items]
        return _Sentence(text, tuple(items), tuple(values))

    async def _link(self, link: str, source: str, target: str, until: float | None) -> str:
        """The link with its words translated, which are a text of their own to a model."""
        opening = link.index("[") + 1
        words, address = link[opening : link.index("](")], link[link.index("](") :]
        (outcome,) = await self.translate([words], source, target, until=until)
        return f"{link[:opening]}{outcome.text}{address}"

    def _doubt(self, sentence: _Sentence, translation: str, source: str, target: str) -> str:
        said = plain(sentence.text)
        if not kept(said, translation, sentence.items):
            return "lost"
        return doubt(self._prose(said), self._prose(translation), source, target, self._detector)

    def _prose(self, text: str) -> str:
        return " ".join(between(text, self._protector.items(text)))

    def _has_words(self, text: str) -> bool:
        items = self._protector.items(plain(text))
        return any(item.link for item in items) or any(map(str.isalpha, "".join(between(plain(text), items))))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an engine is asked for a sentence, and how its translation is made of the reply."""

    texts: tuple[str, ...]
    joined: Callable[[list[str]], str | None]


_Asking = Callable[[_Sentence], _Asked | None]


def _numbers_as_they_are(sentence: _Sentence) -> _Asked | None:
    places = [(item, value) for item, value in zip(sentence.items, sentence.values, strict=True) if not item.number]
    items, values = [item for item, _ in places], [value for _, value in places]
    return _Asked((without(plain(sentence.text), items),), lambda got: restored(got[0], values))


def _all_replaced(sentence: _Sentence) -> _Asked | None:
    if not any(item.number for item in sentence.items):
        return None
    replaced = without(plain(sentence.text), sentence.items)
    return _Asked((replaced,), lambda got: restored(got[0], sentence.values))


def _in_pieces(sentence: _Sentence) -> _Asked | None:
    if not sentence.items:
        return None
    pieces = between(plain(sentence.text), sentence.items)
    spoken = [place for place, piece in enumerate(pieces) if any(map(str.isalpha, piece))]

    def joined(got: list[str]) -> str | None:
        if not all(map(str.strip, got)):
            return None
        for place, translation in zip(spoken, got, strict=True):
            pieces[place] = _spaced_as(pieces[place], translation)
        values = (*sentence.values, "")
        return "".join(piece + value for piece, value in zip(pieces, values, strict=True))

    return _Asked(tuple(pieces[place].strip() for place in spoken), joined)


def _valid(text: str) -> str:
    """The text as Unicode that can be written: a server's JSON may hold half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _spaced_as(piece: str, translation: str) -> str:
    """The translation with the white space around it that the piece has, and no full stop that it has not."""
    said = translation.strip()
    if not piece.rstrip().endswith(_STOPS):
        said = said.rstrip("".join(_STOPS))
    return f"{piece[: len(piece) - len(piece.lstrip())]}{said}{piece[len(piece.rstrip()) :]}"
