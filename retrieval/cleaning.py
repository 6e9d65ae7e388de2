"""Text as people see it: nothing invisible in it, one form of each character."""

from __future__ import annotations

import re
import unicodedata

# Controls, bidirectional overrides, zero-width characters, tags and variation selectors can carry text that a reader
# does not see. U+FE0F (emoji style) is harmless and stays; the joiners are looked at below.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Arabic, Indic and their neighbours spell with joiners; emoji are composed with them. Elsewhere they only hide.
_STRAY_JOINER = re.compile(
    "(?<![\u0600-\u08ff\u0900-\u109f\u1780-\u18af\u1a00-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe0f\ufe70-\ufefc"
    "\u2190-\u2bff\U00011000-\U00011fff\U0001f000-\U0001faff])[\u200c\u200d]+"
)
_PRIVATE_BULLET = "\uf0b7"  # The bullet of the Symbol font, in Word files and the PDFs made from them.
_CJK = "\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_SPACE_RUN = re.compile(r"[ \t\n]+")
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n\s*(?=[{_CJK}])")


def clean(text: str) -> str:
    """The text in NFC without invisible characters; lines end in a line feed, every kind of space is a space."""
    if text.isascii():
        if text.isprintable():
            return text
        return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    text = _LINE_ENDS.sub("\n", text).replace(_PRIVATE_BULLET, "•")
    text = _STRAY_JOINER.sub("", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text))


def one_line(text: str) -> str:
    """The text with every run of white space as one space; a line break between CJK characters is nothing."""
    if "\n" in text and not text.isascii():
        text = _CJK_BREAK.sub("", text)
    return _SPACE_RUN.sub(" ", text).strip()
