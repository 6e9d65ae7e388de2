"""Identifiers that are looked up exactly: order numbers, error codes, part numbers, options, settings, paths.

The same function reads passages and questions, so that `BX-500-36V`, `BX50036V` and `bx 500 36v` are one key. Plain
words, years, prices, dates and measures are none: a dense vector finds those, and they are in every passage.
"""

from __future__ import annotations

import re
import unicodedata

# Only ASCII may stand in an identifier, so text in a script without spaces may touch it on both sides.
_RUN = re.compile(r"(?<![A-Za-z0-9/:])(?:--|~?/|[A-Za-z]:[\\/]|#)?[A-Za-z0-9](?:[A-Za-z0-9_]|[-./\\:](?=[A-Za-z0-9]))*")
_SPACED_CODE = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{1,4}(?: [0-9]{2,8} [0-9]+[A-Za-z][0-9A-Za-z]{0,4}| [0-9]{2,6} [0-9]{4,8})(?![A-Za-z0-9])"
)
_SEPARATORS = re.compile(r"[-_./:\s]")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]{2,}")
_OPTION = re.compile(r"--[a-z][a-z0-9-]+")
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,}(?:[-.]?(?:rc|a|b|alpha|beta)\d*)?")
_SNAKE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_CAMEL = re.compile(r"[a-z]{2,}[0-9]*(?:[A-Z][a-z0-9]+)+|(?:[A-Z][a-z0-9]+){2,}(?:Error|Exception)")
_DOTTED = re.compile(r"[a-z][a-z0-9_]+(?:\.[a-z][a-z0-9_-]+)+")
_PATH = re.compile(r"(?:~?/|[a-z]:[\\/])[a-z0-9_.-]{2,}(?:[\\/][a-z0-9_.-]+)*")
_NOT_CODES = re.compile(
    r"\d+(?:[.,]\d+)?[a-z]{1,3}"  # 36V, 500Wh, 3rd, 10am
    r"|\d+(?:[-.]\d+)?-[a-z]+"  # 20-inch, 3-year
    r"|(?:mid|post|pre|top|under|over|sub|until|since|early|late)-\d+"
    r"|\d+[:.]\d+[ap]m"
    r"|\d+(?:\.\d+)?[a-z]{1,4}/\d*[a-z]{1,4}"  # 25km/h
    r"|\d+[a-z]?(?:x\d+[a-z]{0,2})+"  # 20x30cm
)
_NOT_NUMBERS = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}"  # dates
    r"|\d{1,4}[-/]\d{1,4}"  # ranges, fractions
    r"|\d{1,2}(?::\d{2}){1,2}"
    r"|\d{1,3}(?:[.]\d{3})+|\d+\.\d{1,2}"  # prices
)


def identifiers(text: str) -> frozenset[str]:
    """The normalised identifiers that stand in a text."""
    text = unicodedata.normalize("NFKC", text)
    found = {key for run in _RUN.findall(text) if (key := _normalise(run))}
    found.update(_code(spaced) for spaced in _SPACED_CODE.findall(text))
    return frozenset(found)


def _normalise(run: str) -> str:
    """The key of one run of ASCII characters, or "" if it is no identifier."""
    lower = run.lower()
    if _HEXADECIMAL.fullmatch(lower) or _OPTION.fullmatch(lower):
        return lower
    if _PATH.fullmatch(lower):
        return lower.replace("\\", "/")
    if _VERSION.fullmatch(lower) and not _NOT_NUMBERS.fullmatch(lower):
        return lower.removeprefix("v")
    if _SNAKE.fullmatch(lower) or _CAMEL.fullmatch(run) or _DOTTED.fullmatch(run):
        return lower
    letters = any(character.isalpha() for character in run)
    digits = sum(character.isdigit() for character in run)
    if letters and digits:
        return "" if _NOT_CODES.fullmatch(lower) or not _is_code(run) else _code(run)
    if digits and not _NOT_NUMBERS.fullmatch(run):
        return _number(run, digits)
    return ""


def _is_code(run: str) -> bool:
    """Whether a mix of letters and digits is short enough, and not prose glued by slashes ("and/or2")."""
    return len(run) <= 64 and all(len(part) <= 40 for part in re.split(r"[-./\\:_]", run))


def _number(run: str, digits: int) -> str:
    """Long numbers, numbers with a leading zero and groups of digits name something; others count something."""
    if run.startswith("#"):
        return run if digits >= 3 and run[1:].isdigit() else ""
    if run.isdigit():
        return run if digits >= 6 or (digits >= 4 and run[0] == "0") else ""
    return _code(run) if digits >= 7 and re.fullmatch(r"\d+(?:-\d+)+", run) else ""


def _code(run: str) -> str:
    return _SEPARATORS.sub("", run).upper()
