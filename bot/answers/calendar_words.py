"""Months and days of the week as a language names them (CLDR, through Babel)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

from bot.answers.fact_text import normal

# Forms that CLDR lacks, and other names of the same.
_MORE_MONTHS: Mapping[str, Mapping[str, int]] = {
    "ru": {"май": 5, "мае": 5, "маю": 5, "маем": 5},
    "de": {"jänner": 1, "feber": 2},
    "es": {"setiembre": 9},
    "ar": {"كانون الثاني": 1, "شباط": 2, "اذار": 3, "نيسان": 4, "ايار": 5, "حزيران": 6, "تموز": 7, "اب": 8, "ايلول": 9,
           "تشرين الاول": 10, "تشرين الثاني": 11, "كانون الاول": 12},
}  # fmt: skip
_MORE_DAYS: Mapping[str, Mapping[str, int]] = {
    "en": {"mondays": 0, "tuesdays": 1, "wednesdays": 2, "thursdays": 3, "fridays": 4, "saturdays": 5, "sundays": 6},
    "de": {"sonnabend": 5},
    "pt": {"segunda-feira": 0, "terça-feira": 1, "quarta-feira": 2, "quinta-feira": 3, "sexta-feira": 4},
    "hi": {"इतवार": 6, "बृहस्पतिवार": 3},
}
# Words of everyday language too; a month only beside a number.
_AMBIGUOUS = frozenset(
    "may march mar mars mai mei sept set dec dez august augustus jan jun mag marca maja ab اب mart".split()  # noqa: SIM905
)
# "每周三次" is three times a week, not each Wednesday.
_HAN_DAY = re.compile(r"(?:星期|周|週|礼拜|禮拜)([一二三四五六日天])(?![天次个個年])|([月火水木金土日])曜")
_HAN_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6,
             "月": 0, "火": 1, "水": 2, "木": 3, "金": 4, "土": 5}  # fmt: skip
_PREFIX = "[وفبكل]?"  # Arabic writes "and", "in", "for" in one with what follows.
_ENDINGS = "[аяуюыиеьоaąęiouyeě]|[оеё][мйв]|а[мх]|я[мх]|ами|ями|em|om|ach|ów|ie|ta|ssa|ssä|da|de"
# Everyday words but after a preposition: "среда" is an environment, too.
_AFTER_PREPOSITION = re.compile(r"(?:сред|pazar)", re.IGNORECASE)
_PREPOSITION = re.compile(r"(?:^|\s)(?:в|во|по|до|со?|на|каждую)\s$", re.IGNORECASE)
_INFLECTED = frozenset({"ru", "uk", "be", "pl", "cs", "sk", "sl", "hr", "sr", "bg", "fi", "tr", "hu"})


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """The names as one pattern each, and what they stand for; names in lower case."""

    months: re.Pattern[str] | None
    month_of: Mapping[str, int]
    days: re.Pattern[str] | None
    day_of: Mapping[str, int]

    def month(self, name: str) -> int:
        """1 to 12."""
        return _looked_up(self.month_of, name)

    def day(self, name: str) -> int:
        """0 for Monday."""
        return _looked_up(self.day_of, name)

    def is_day(self, text: str, match: re.Match[str]) -> bool:
        """Whether a name of a day is meant as one where it stands."""
        return not _AFTER_PREPOSITION.match(match[0]) or bool(_PREPOSITION.search(text[: match.start()]))

    def is_ambiguous(self, name: str) -> bool:
        """Whether the name of a month is a common word too."""
        return name.casefold().rstrip(".") in _AMBIGUOUS or len(name.rstrip(".")) <= 3


@cache
def calendar_words(language: str) -> CalendarWords:
    """The names in a language; none for one that CLDR does not know. Chinese and its like write months as numbers."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return CalendarWords(None, {}, None, {})
    months: dict[str, int] = {}
    days: dict[str, int] = {}
    if language not in ("zh", "ja", "ko"):
        for context, width in (("format", "wide"), ("stand-alone", "wide"), ("format", "abbreviated")):
            for number, name in locale.months[context][width].items():
                months.setdefault(normal(name).casefold().rstrip("."), number)
    for context in ("format", "stand-alone"):
        for number, name in locale.days[context]["wide"].items():
            days.setdefault(normal(name).casefold(), number)
    months |= {normal(name): number for name, number in _MORE_MONTHS.get(language, {}).items()}
    days |= {normal(name): number for name, number in _MORE_DAYS.get(language, {}).items()}
    months = {name: number for name, number in months.items() if not re.search("[0-9一-龥]", name)}
    inflected = language in _INFLECTED
    return CalendarWords(_pattern(months, inflected), months, _pattern(days, inflected), days)


def han_days(text: str) -> list[tuple[int, int, int]]:
    """Start, end and number of the days of the week in Chinese and Japanese."""
    return [(match.start(), match.end(), _HAN_DAYS[match[1] or match[2]]) for match in _HAN_DAY.finditer(text)]


def _pattern(names: Mapping[str, int], inflected: bool) -> re.Pattern[str] | None:
    if not names:
        return None
    parts = []
    for name in sorted(names, key=len, reverse=True):
        stem, ending = _stem(name) if inflected else (name, "")
        parts.append(re.escape(stem) + ending)
    return re.compile(rf"(?<![^\W\d_]){_PREFIX}(?:{'|'.join(parts)})(?![^\W\d_])", re.IGNORECASE)


def _stem(name: str) -> tuple[str, str]:
    """What stays of a name in all cases, and a pattern for the rest."""
    if len(name) < 5:
        return name, ""
    stem = name[:-1] if name[-1] in "аяьейоaeiyуоь" else name
    return stem, rf"(?:{_ENDINGS})?"


def _looked_up(numbers: Mapping[str, int], name: str) -> int:
    folded = name.casefold()
    if folded not in numbers and folded[1:] in numbers:
        folded = folded[1:]
    if folded in numbers:
        return numbers[folded]
    # An inflected form: the name with which it shares most of its beginning.
    return max(numbers.items(), key=lambda item: (_shared(item[0], folded), -len(item[0])))[1]


def _shared(first: str, second: str) -> int:
    return next((place for place, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
                min(len(first), len(second)))  # fmt: skip
