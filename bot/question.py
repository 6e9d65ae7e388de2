"""A question as the assistant takes it, and the checks that every edge shares."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from retrieval.errors import PolydeskError

PUBLIC = ("public",)

# Everything below the space but tab and line ends, and lone surrogates, which no encoding can carry.
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
FINAL_PUNCTUATION = " .!?…。！？؟।"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


class QuestionRefused(PolydeskError):
    """A question that cannot be asked.

    Attributes:
        key: of the phrase that tells the asker why; `values` fill its places.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks.

    Attributes:
        audiences: whose files may be used; the edge sets it from who asks, never from what is asked.
        language: the language wanted for the answer, or "" to have it detected.
        conversation_id: "" outside a conversation.
        browser_languages: what the asker's browser prefers, best first; decides short questions only.
        instruction: what the reranker is told to judge, where the channel has one of its own.
    """

    text: str
    audiences: tuple[str, ...] = PUBLIC
    language: str = ""
    conversation_id: str = ""
    browser_languages: tuple[str, ...] = ()
    instruction: str = ""


def checked_text(text: str, longest: int) -> str:
    """The question without surrounding white space.

    Raises:
        QuestionRefused: when it is empty, too long, or not text.
    """
    if len(text) > longest:
        raise QuestionRefused("error.question_too_long", limit=longest)
    if NOT_TEXT.search(text):
        raise QuestionRefused("error.request_invalid")
    text = text.strip()
    if not any(unicodedata.category(character)[0] in "LNSP" for character in text):
        raise QuestionRefused("error.question_empty")
    return text


def checked_language(language: str) -> str:
    """A language code as given.

    Raises:
        QuestionRefused: when it is not one.
    """
    if language and not LANGUAGE.match(language):
        raise QuestionRefused("error.request_invalid")
    return language


def normalised(text: str) -> str:
    """What the spellings of one question share: forms, case, white space and final punctuation are levelled."""
    levelled = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return levelled.rstrip(FINAL_PUNCTUATION) or levelled
