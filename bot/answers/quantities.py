"""The numbers in a text, with what they count: digits of all scripts, words, dates, prices, measures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from bot.answers.calendar_words import CalendarWords, calendar_words, han_days
from bot.answers.digits import read_digits, read_roman
from bot.answers.fact_text import normal
from bot.answers.number_words import HAN_NUMERALS, HAN_SCALES, han_value, scales, spelled
from bot.answers.units_of_measure import unit_at

_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:[.,']\d+)*(?!\d)")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?![\d])")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC_DATE = re.compile(r"(?<![\d.,])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})?(?!\d)")
_HAN_DATE = re.compile(
    rf"(?:(\d{{1,2}})|([{HAN_NUMERALS}]{{1,2}}))\s?[月월](?:\s?(?:(\d{{1,2}})|([{HAN_NUMERALS}]{{1,3}}))\s?[日号號일])?"
)
_TIME = re.compile(r"(?<![\d.,])([01]?\d|2[0-4])(?::|h|\s?時|时)([0-5]\d)(?![\d])")
_CLOCK = re.compile(
    r"(?<![\d.,:])(\d{1,2})(?:[:.]\d\d)?\s?(?:p\.?\s?m\b|(?:de la |da )(?:tarde|noche|noite)|(?:uhr )?"
    r"(?:nachmittags|abends)|вечера|дня|مساء|م\b|du soir|di sera|del pomeriggio|बजे)"
    r"|(?:下午|晚上|午後|오후)\s?(\d{1,2})",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?<![A-Za-z])[IVXL]{1,7}(?![A-Za-z])")
_DECADE = re.compile(r"(?<!\d)(1[89]|20)(\d0)(?:'?s|er|年代|-[а-я]+)")
# No number is longer.
_HAN_NUMBER = re.compile(rf"[{HAN_NUMERALS}]{{1,40}}")
_SCALED = re.compile(r"(?<![A-Za-z\d])(\d+(?:[.,]\d+)*)\s?([十百千万萬亿億兆만억]{1,6}|천)(?![克米瓦卡])")
# A single Chinese numeral counts only where something to be counted follows.
_COUNTERS = (
    "个個天年周週小名位家欧歐美英公件台辆輛张張条條项項部级級倍枚次种種岁歳歲台本冊人か箇ヶケつ時秒点點步段节節页頁"
)
_NUMERAL_WORDS = frozenset({"千万", "万一", "十分", "万万"})
_SCALE_GAP = re.compile(r"[\s\u00a0-]*(?:de\s)?([^\W\d_]+)\.?")
_LARGEST_SCALE = 10**15
_HINDI_GAP = re.compile(r"\s*([\u0900-\u097f]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number somewhere in a text.

    Attributes:
        values: what it may be read as: "1.000" is a thousand in German and one in English.
        unit: "day", "EUR", "percent", … (`units_of_measure`), "month-12" for the day of a date, or "".
        worded: whether it is written in words.
    """

    values: frozenset[Decimal]
    unit: str = ""
    worded: bool = False


@dataclass(frozen=True, slots=True)
class Quantities:
    """All that a text says in numbers.

    Attributes:
        months: 1 to 12, of dates and standing alone.
        days: days of the week, 0 for Monday.
    """

    numbers: frozenset[Quantity]
    months: frozenset[int]
    days: frozenset[int]


@dataclass(slots=True)
class _Found:
    text: str
    numbers: list[Quantity] = field(default_factory=list)
    months: set[int] = field(default_factory=set)
    days: set[int] = field(default_factory=set)

    def blank(self, start: int, end: int) -> None:
        """Takes out what was read, so that it is not read again; places stay as they are."""
        self.text = f"{self.text[:start]}{'¦' * (end - start)}{self.text[end:]}"


@lru_cache(maxsize=2048)
def quantities(text: str, language: str, generous: bool, marks: str = "") -> Quantities:
    """Reads a text.

    Args:
        language: whose words are read besides the digits.
        marks: the language whose decimal and thousand marks hold; "" for any.
        generous: for a passage: read whatever may be meant; otherwise only what must be meant.
    """
    found = _Found(normal(text))
    _days(found, language)
    if generous:
        _generous(found)
    _dates(found, language)
    _times(found, generous)
    _chinese(found, generous)
    _digits(found, language, generous, marks)
    for start, end, value in spelled(found.text, language, generous):
        _add(found, frozenset({value}), start, end, language, generous, worded=True)
    return Quantities(frozenset(found.numbers), frozenset(found.months), frozenset(found.days))


def _days(found: _Found, language: str) -> None:
    names = calendar_words(language)
    spans = list(han_days(found.text)) if language in ("zh", "ja") else []
    if names.days:
        spans += [
            (match.start(), match.end(), names.day(match[0]))
            for match in names.days.finditer(found.text)
            if names.is_day(found.text, match)
        ]
    spans.sort()
    found.days |= {day for _, _, day in spans}
    for (_, end, first), (start, _, last) in pairwise(spans):
        # "Monday to Friday" speaks of Wednesday, too.
        between = found.text[end:start].strip()
        if (
            first < last
            and len(between) <= 5
            and between not in ("", ",", "&", "and", "und", "y", "et", "e", "و", "и", "和", "、")
        ):
            found.days |= set(range(first, last))
    for start, end, _ in spans:
        found.blank(start, end)


def _generous(found: _Found) -> None:
    for match in _CLOCK.finditer(found.text):
        hour = int(match[1] or match[2])
        found.numbers.append(Quantity(frozenset({Decimal(hour % 12 + 12)})))
    for match in _ROMAN.finditer(found.text):
        found.numbers.append(Quantity(frozenset({Decimal(read_roman(match[0]))})))
    for match in _DECADE.finditer(found.text):
        # The 1990s are the nineties of the 20th century.
        found.numbers += [Quantity(frozenset({Decimal(int(match[1]) + 1)})), Quantity(frozenset({Decimal(match[2])}))]


def _dates(found: _Found, language: str) -> None:
    for match in list(_ISO_DATE.finditer(found.text)):
        year, month, day = (int(part) for part in match.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            _date(found, match, day, (month,))
            found.numbers.append(Quantity(frozenset({Decimal(year)})))
    for match in list(_NUMERIC_DATE.finditer(found.text)):
        first, second = int(match[1]), int(match[3])
        if match[4] is None and match[2] != ".":
            continue
        readings = [(first, second)] if second <= 12 and first <= 31 else []
        if match[2] != "." and first <= 12 and second <= 31 and first != second:
            readings.append((second, first))
        for day, month in readings[:1]:
            _date(found, match, day, (month,))
        for day, month in readings[1:]:
            found.numbers.append(Quantity(frozenset({Decimal(day)}), f"month-{month}"))
            found.months.add(month)
        if readings and match[4]:
            year = int(match[4])
            found.numbers.append(Quantity(frozenset({Decimal(year), Decimal(year + 2000 if year < 100 else year)})))
    for match in list(_HAN_DATE.finditer(found.text)):
        month = int(match[1]) if match[1] else han_value(match[2])
        if 1 <= month <= 12:
            day_text = match[3] or match[4]
            day = 0 if not day_text else int(match[3]) if match[3] else han_value(match[4])
            _date(found, match, day, (month,))
    names = calendar_words(language)
    if names.months:
        _named_dates(found, names)


def _named_dates(found: _Found, names: CalendarWords) -> None:
    assert names.months is not None
    for match in list(names.months.finditer(found.text)):
        before = re.search(r"(?<![\d.,:])(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.|-?го|-?е)?\s*(?:de |of |di |d'|\u00a0)?$",
                           found.text[: match.start()])  # fmt: skip
        after = re.match(r"\.?\s+(?:the )?(\d{1,2})(?:st|nd|rd|th)?(?![\d:]|[.,]\d)", found.text[match.end() :])
        month = names.month(match[0])
        year = re.match(r"\.?,?\s*(?:de |del )?\d{4}(?!\d)", found.text[match.end() :])
        if before:
            _date_span(found, before.start(), match.end(), int(before[1]), month)
        elif after and not year:
            _date_span(found, match.start(), match.end() + after.end(), int(after[1]), month)
        elif year or not names.is_ambiguous(match[0]):
            found.months.add(month)
            found.blank(match.start(), match.end())


def _date(found: _Found, match: re.Match[str], day: int, months: tuple[int, ...]) -> None:
    for month in months:
        _date_span(found, match.start(), match.end(), day, month)


def _date_span(found: _Found, start: int, end: int, day: int, month: int) -> None:
    found.months.add(month)
    if day:
        found.numbers.append(Quantity(frozenset({Decimal(day)}), f"month-{month}"))
    found.blank(start, end)


def _times(found: _Found, generous: bool) -> None:
    for match in list(_TIME.finditer(found.text)):
        hour, minute = int(match[1]), int(match[2])
        hours = {Decimal(hour)} | ({Decimal(hour - 12)} if hour > 12 else set())
        if generous and hour == 12:
            hours.add(Decimal(0))
        found.numbers.append(Quantity(frozenset(hours)))
        if minute or generous:
            found.numbers.append(Quantity(frozenset({Decimal(minute)})))
        if generous:
            found.numbers.append(Quantity(frozenset({Decimal(f"{hour}.{minute:02}")})))
        found.blank(match.start(), match.end())


def _chinese(found: _Found, generous: bool) -> None:
    for match in list(_SCALED.finditer(found.text)):
        values = set()
        for value in read_digits(match[1], "zh"):
            for scale in match[2].replace("천", "千"):
                value *= HAN_SCALES.get(scale, {"十": 10, "百": 100, "千": 1000}.get(scale, 1))
            values.add(value)
        found.numbers.append(Quantity(frozenset(values), unit_at(found.text, match.start(), match.end())))
        found.blank(match.start(), match.end())
    for match in _HAN_NUMBER.finditer(found.text):
        numerals = match[0]
        following = found.text[match.end() : match.end() + 1]
        unit = unit_at(found.text, match.start(), match.end())
        ordinal = found.text[match.start() - 1 : match.start()] == "第"
        counted = bool(unit or ordinal or (following and following in _COUNTERS))
        if not generous and (numerals in _NUMERAL_WORDS or (len(numerals) == 1 and not counted)):
            continue
        if (
            not generous
            and following == "分"
            and found.text[match.end() + 1 : match.end() + 2] not in ("钟", "鐘", "間")
        ):
            continue  # A share ("三分之一") or a word of its own.
        values = {Decimal(han_value(numerals))}
        if generous and len(numerals) > 1:
            values |= {Decimal(han_value(one)) for one in numerals}
        found.numbers.append(Quantity(frozenset(values), unit if not ordinal else "", worded=True))


def _digits(found: _Found, language: str, generous: bool, marks: str) -> None:
    for match in list(_SPACED.finditer(found.text)):
        joined = Decimal(re.sub(r"\D", "", match[0]))
        unit = unit_at(found.text, match.start(), match.end())
        found.numbers.append(Quantity(frozenset({joined}), unit))
        if not generous:
            found.blank(match.start(), match.end())
    for match in _NUMBER.finditer(found.text):
        values = frozenset(read_digits(match[0], marks))
        _add(found, values, match.start(), match.end(), language, generous)


def _add(
    found: _Found, values: frozenset[Decimal], start: int, end: int, language: str, generous: bool, worded: bool = False
) -> None:
    """Notes a number, multiplied by the words that follow it ("1.2 million", "दो लाख")."""
    factor, at = 1, end
    gap = _HINDI_GAP if language == "hi" else _SCALE_GAP
    while factor < _LARGEST_SCALE and (match := gap.match(found.text, at)) is not None:
        scale = scales(language).get(match[1].casefold())
        if scale is None:
            break
        factor, at = factor * scale, match.end()
    if factor > 1:
        scaled = frozenset(value * factor for value in values)
        found.numbers.append(Quantity(scaled, unit_at(found.text, start, at)))
        if not generous:
            return
    found.numbers.append(Quantity(values, unit_at(found.text, start, end), worded))
