"""What digits and the marks between them mean: "1.000" is a thousand in German and one in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

# Languages that write "1,5" for one and a half.
_COMMA_DECIMAL = frozenset(
    "de es fr it pt nl ru uk pl cs sk sl hr sr bg ro hu tr sv da no fi el ca gl et lv lt vi id is kk be".split()  # noqa: SIM905
)
_GROUPS = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+|\d{{1,3}}(?:{re.escape(mark)}\d{{2}})+"
                            rf"{re.escape(mark)}\d{{3}}") for mark in ".,'"}  # fmt: skip


def read_digits(digits: str, language: str) -> Iterator[Decimal]:
    """What a run of ASCII digits and marks may mean, one value or several.

    Args:
        language: only what it means there; "" for any.
    """
    marks = [mark for mark in ".,'" if mark in digits]
    if not marks:
        yield Decimal(digits)
        return
    if len(marks) == 2:
        first, last = sorted(marks, key=digits.index)
        whole, _, fraction = digits.rpartition(last)
        if last not in whole and _GROUPS[first].fullmatch(whole):
            yield Decimal(f"{whole.replace(first, '')}.{fraction}")
            return
    elif len(marks) == 1:
        (mark,) = marks
        grouped = bool(_GROUPS[mark].fullmatch(digits))
        single = digits.count(mark) == 1 and mark != "'"
        decimal_mark = "" if not language else "," if language in _COMMA_DECIMAL else "."
        # Three digits after the mark: a thousand where the language writes its thousands so.
        if grouped and (decimal_mark != mark or not single):
            yield Decimal(digits.replace(mark, ""))
        if single and not (grouped and decimal_mark and decimal_mark != mark):
            yield Decimal(digits.replace(mark, "."))
        if grouped or single:
            return
    # A version, a list such as "1,2,3": each part for itself.
    for part in re.findall(r"\d+", digits):
        yield Decimal(part)


def read_roman(numeral: str) -> int:
    """The number that I, V, X and L write."""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in numeral]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
