"""Numbers in words: "five", "fünfundzwanzig", "двадцати пяти", "خمسة عشر", 二十五.

The words come from Unicode's spell-out rules (CLDR, through `unicode_rbnf`), in every gender and case that these know,
cardinals and ordinals; what they lack is listed here. Chinese and Japanese numerals are read by rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import pairwise, product

from unicode_rbnf import FormatPurpose, RbnfEngine

from bot.answers.fact_text import normal
from bot.answers.units_of_measure import unit_at

_CARDINALS = (*range(101), 150, *range(200, 1000, 100), *range(1000, 10_001, 1000), 50_000, 100_000)
_ORDINALS = range(1, 32)
_LONGEST = 4  # words of one number: "treinta y cinco mil"
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
# Vowel signs of Indic scripts are no letters to Python, yet stand inside words.
_INDIC = re.compile(r"[\u0900-\u097f]+")

# Words that mean something else at least as often; they are read where a passage may say the number.
_AMBIGUOUS: Mapping[str, str] = {
    "en": "second seconds quarter",
    "de": "acht elf",
    "fr": "neuf neuve second seconde six",
    "it": "sei secondo seconda",
    "es": "segundo segunda segundos segundas cuarto",
    "pt": "segundo segunda segundos segundas quarto quarta quinta sexta terça",
    "nl": "acht",
    "ru": "семью сорока",
    "tr": "yüz altı yedi bin kırk",
    "vi": "năm ba chín",
    "hi": "दो नौ सौ",
    "ar": "ست عشر ثاني الثاني ثانية الثانية",
    "ro": "sute",
    "pl": "sto",
}
_MORE: Mapping[str, Mapping[str, int]] = {
    "en": {"twice": 2, "double": 2, "both": 2, "pair": 2, "triple": 3, "dozen": 12, "fortnight": 14, "decade": 10,
           "half": 30, "couple": 2, "thrice": 3, "noon": 12, "midnight": 0},
    "de": {"beide": 2, "beiden": 2, "doppelt": 2, "zwo": 2, "hundert": 100, "tausend": 1000, "dutzend": 12},
    "fr": {"double": 2, "douzaine": 12, "quinzaine": 15, "midi": 12},
    "es": {"doble": 2, "ambos": 2, "ambas": 2, "docena": 12, "quincena": 15},
    "it": {"doppio": 2, "entrambi": 2, "entrambe": 2, "quindicina": 15},
    "pt": {"duas": 2, "dobro": 2, "ambos": 2, "ambas": 2, "quinzena": 15},
    "ru": {"оба": 2, "обе": 2, "двое": 2, "трое": 3, "дважды": 2, "трижды": 3, "сутки": 24, "двух": 2, "трех": 3},
    "ar": {"ثلاث": 3, "اربع": 4, "خمس": 5, "ست": 6, "سبع": 7, "ثماني": 8, "ثمان": 8, "تسع": 9, "عشر": 10, "عشره": 10,
           "اثنين": 2, "اثنان": 2, "اثنتين": 2, "يومين": 2, "يومان": 2, "شهرين": 2, "شهران": 2, "سنتين": 2,
           "سنتان": 2, "عامين": 2, "عامان": 2, "ساعتين": 2, "ساعتان": 2, "اسبوعين": 2, "اسبوعان": 2, "مرتين": 2},
    "hi": {"पांच": 5, "छः": 6, "छे": 6, "दोनों": 2, "दोनो": 2, "सौ": 100, "आधा": 30},
    "nl": {"beide": 2, "dubbel": 2, "half": 30},
}  # fmt: skip
# What may follow a number inside one word and leave it a number: "fünftägig", "пятидневный", "vijfdaags".
_COMPOUND = re.compile(
    r"(?:tägig|tage?s|jährig|jahres|monatig|monats|wöchig|wochen|stündig|minütig|mal|fach|teilig|gäng|stufig|stellig|"
    r"daags|jarig|maal|voudig|дневн|летн|месячн|недельн|часов|минутн|кратн|значн|процентн)"
)
_SCALES: Mapping[str, Mapping[str, int]] = {
    "en": {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "bn": 10**9},
    "de": {"tausend": 10**3, "million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9,
           "mio": 10**6, "mrd": 10**9, "billion": 10**12, "billionen": 10**12},
    "es": {"mil": 10**3, "millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12},
    "fr": {"mille": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
    "it": {"mila": 10**3, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9, "miliardi": 10**9},
    "pt": {"mil": 10**3, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9},
    "nl": {"duizend": 10**3, "miljoen": 10**6, "miljard": 10**9},
    "pl": {"tysiąc": 10**3, "tysiące": 10**3, "tysięcy": 10**3, "milion": 10**6, "miliony": 10**6, "milionów": 10**6,
           "miliard": 10**9, "miliardy": 10**9, "miliardów": 10**9},
    "ru": {"тыс": 10**3, "тысяча": 10**3, "тысячи": 10**3, "тысяч": 10**3, "тысячу": 10**3, "млн": 10**6,
           "миллион": 10**6, "миллиона": 10**6, "миллионов": 10**6, "млрд": 10**9, "миллиард": 10**9,
           "миллиарда": 10**9, "миллиардов": 10**9, "трлн": 10**12, "триллион": 10**12, "триллиона": 10**12},
    "ar": {"الف": 10**3, "الفا": 10**3, "الاف": 10**3, "مليون": 10**6, "مليونا": 10**6, "ملايين": 10**6,
           "مليار": 10**9, "مليارات": 10**9, "بليون": 10**9, "تريليون": 10**12},
    "hi": {"सौ": 100, "हज़ार": 10**3, "हजार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9, "मिलियन": 10**6,
           "बिलियन": 10**9, "ट्रिलियन": 10**12},
    "tr": {"bin": 10**3, "milyon": 10**6, "milyar": 10**9},
    "vi": {"nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9},
}  # fmt: skip
_HAN_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_HAN_SMALL = {"十": 10, "百": 100, "千": 1000}
HAN_SCALES: Mapping[str, int] = {
    "万": 10**4,
    "萬": 10**4,
    "亿": 10**8,
    "億": 10**8,
    "兆": 10**12,
    "만": 10**4,
    "억": 10**8,
}
HAN_NUMERALS = "〇零一二三四五六七八九两兩十百千万萬亿億"
_KOREAN = re.compile(
    r"(?<![가-힣])(?:(?P<native>(?:스물|서른|마흔|쉰|열)?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)?)"
    r"(?=\s?(?:개|명|시간|달|번|가지|살|대|곳|주|배|장|사람))"
    r"|(?P<sino>[일이삼사오육칠팔구십백천]{2,20}|[삼오육칠팔십](?=\s))"
    r"(?=\s?(?:일|개월|년|주|시간|분|초|원|유로|달러|퍼센트|%|개|명|킬로|영업일)))"
)
_KOREAN_NATIVE = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
                  "스물": 20, "서른": 30, "마흔": 40, "쉰": 50}  # fmt: skip
_SINO = str.maketrans("일이삼사오육칠팔구십백천", "一二三四五六七八九十百千")


@cache
def scales(language: str) -> Mapping[str, int]:
    """What multiplies a number that stands before it."""
    return _SCALES.get(language, {})


@cache
def number_words(language: str) -> Mapping[tuple[str, ...], Decimal]:
    """The number that each sequence of words names; empty for a language without rules."""
    if language in ("zh", "ja", "ko"):
        return {}
    try:
        engine = RbnfEngine.for_language(language)
    except ValueError:
        return {}
    found: dict[tuple[str, ...], Decimal] = {}
    for numbers, purpose in ((_CARDINALS, FormatPurpose.CARDINAL), (_ORDINALS, FormatPurpose.ORDINAL)):
        for number in numbers:
            for text in _spelled_out(engine, number, purpose):
                for form in _forms(normal(text).casefold(), language):
                    words = tuple(form.replace("-", " ").split())
                    if words and not any(character.isdigit() for character in form):
                        found.setdefault(words, Decimal(number))
    found |= {(normal(word).casefold(),): Decimal(value) for word, value in _MORE.get(language, {}).items()}
    return found


def _spelled_out(engine: RbnfEngine, number: int, purpose: FormatPurpose) -> list[str]:
    try:
        return list(engine.format_number(number, purpose).text_by_ruleset.values())
    except ValueError:  # The language has no such rules.
        return []


def _forms(text: str, language: str) -> Iterator[str]:
    yield text
    if language == "ar":
        # Gender and case differ in everyday writing.
        for form in (text, text.replace("ون", "ين")):
            ends = [(word, word.removesuffix("ه")) for word in form.split()]
            yield from (" ".join(words) for words in product(*ends))
    elif language == "ru":
        yield text.replace("ё", "е")
    elif language == "de":
        yield text.replace("einhundert", "hundert").replace("eintausend", "tausend")
    elif language in ("fr", "en"):
        yield text.replace(" and ", " ").replace("-et-", " ").replace(" et ", " ")


@cache
def _ambiguous(language: str) -> frozenset[tuple[str, ...]]:
    return frozenset((normal(word).casefold(),) for word in _AMBIGUOUS.get(language, "").split())


def spelled(text: str, language: str, generous: bool) -> list[tuple[int, int, Decimal]]:
    """Start, end and value of the numbers in words.

    Args:
        text: as `normal` gives it.
        generous: also read what may be a number and may be something else; for passages.
    """
    if language in ("zh", "ja"):
        return []
    if language == "ko":
        return list(_korean(text))
    known = number_words(language)
    if not known:
        return []
    pattern = _INDIC if language == "hi" else _WORD
    words = [(match.start(), match.end(), match[0].casefold()) for match in pattern.finditer(text)]
    found: list[tuple[int, int, Decimal]] = []
    place = 0
    while place < len(words):
        step = 1
        for size in range(min(_LONGEST, len(words) - place), 0, -1):
            run = words[place : place + size]
            value = _value(tuple(word for _, _, word in run), language, generous)
            near = all(after[0] - before[1] <= 2 for before, after in pairwise(run))
            if value is not None and near:
                if not generous and _is_ambiguous(run, language) and not unit_at(text, run[0][0], run[-1][1]):
                    break
                found.append((run[0][0], run[-1][1], value))
                step = size
                break
        place += step
    return found


def _is_ambiguous(run: Sequence[tuple[int, int, str]], language: str) -> bool:
    return tuple(word for _, _, word in run) in _ambiguous(language)


def _value(words: tuple[str, ...], language: str, generous: bool) -> Decimal | None:
    known = number_words(language)
    if language == "ar" and words not in known:
        words = (_without_prefix(words[0], known), *words[1:])
    if words in known:
        return known[words]
    if generous and len(words) == 1 and words[0] in scales(language):
        return Decimal(scales(language)[words[0]])  # "A hundred years", "almost a billion".
    return _compound(words[0], language, generous) if len(words) == 1 else None


def _without_prefix(word: str, known: Mapping[tuple[str, ...], Decimal]) -> str:
    for length in (0, 1, 2, 3):
        if not word[:length].strip("وفبلكا") and (word[length:],) in known:
            return word[length:]
    return word


def _compound(word: str, language: str, generous: bool) -> Decimal | None:
    """The number at the start of a longer word, the longest one that fits."""
    if language not in ("de", "nl", "ru"):
        return None
    known = number_words(language)
    for length in range(len(word) - 2, 2, -1):
        value = known.get((word[:length],))
        if value is not None and (generous or _COMPOUND.match(word, length)):
            return value
    return None


def _korean(text: str) -> Iterator[tuple[int, int, Decimal]]:
    for match in _KOREAN.finditer(text):
        if match["native"]:
            value = sum(number for word, number in _KOREAN_NATIVE.items() if word in match["native"])
            yield match.start(), match.end(), Decimal(value)
        elif match["sino"]:
            yield match.start(), match.end(), Decimal(han_value(match["sino"].translate(_SINO)))


def han_value(numerals: str) -> int:
    """The number that Chinese numerals write, by place (二十五) or digit by digit (二〇二五)."""
    if not any(one in _HAN_SMALL or one in HAN_SCALES for one in numerals):
        value = 0
        for one in numerals:
            value = value * 10 + _HAN_DIGITS[one]
        return value
    total = section = digit = 0
    for one in numerals:
        if one in _HAN_DIGITS:
            digit = _HAN_DIGITS[one]
        elif one in _HAN_SMALL:
            section += (digit or 1) * _HAN_SMALL[one]
            digit = 0
        else:
            total = (total + section + digit or 1) * HAN_SCALES[one]
            section = digit = 0
    return total + section + digit
