"""Where sentences begin and end, in any language.

Rules of our own instead of ICU's: ICU would add 44 MB, knows no sentence ends in Thai, Lao or Khmer and breaks at
abbreviations all the same, which is where most of the work below lies.
"""

from __future__ import annotations

import re

# A line is a unit of its own: parsers join wrapped lines, so what remains are list items, table rows, code, headings.
_LINE = re.compile(r"[^\n]+")
_TABLE_RULE = re.compile(r"\|?(?:\s*:?-{3,}:?\s*\|)+\s*")
_CLOSERS = "\"'”’»›)\\]}）」』】》〉"
# After a Western terminator a sentence ends only before white space ("3.5", "config.yaml", "example.com" go on);
# the terminators of scripts that write no spaces end it at once.
_END = re.compile(
    rf"[。！？｡][。！？｡]*[{_CLOSERS}]*"
    rf"|[।॥۔؟։።፧။។៕།༎]+[{_CLOSERS}]*"
    rf"|[.!?…‼⁇⁈⁉]+[{_CLOSERS}*_`]*(?=\s)"
)
# These scripts separate sentences by a space, and words by nothing.
_SPACED = re.compile(r"(?<=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\s+(?=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])")
_SHORT_PHRASE = 30

# These never end a sentence. Others that may ("etc.", "p.m.", "Inc.") do so before a capital letter.
_ABBREVIATION_WORDS = """
    mr mrs ms dr prof sr jr st vs e.g i.e cf messrs gen col capt lt rev hon u.s u.k
    z.b d.h u.a u.u o.ä i.d.r z.t s.o s.u v.a bzw evtl ggf inkl exkl zzgl abzgl ca mind bspw sog vgl hr fr dipl str
    mme mlle p.ex env réf dott ing sig.ra sra srta ud uds dña avda p.ej aprox sto sta exmo
    bijv d.w.z m.b.t o.a dhr mevr bl.a f.eks tzn np tj např örn vb ths tp
    т.е т.к т.н ул им напр см г-н г-жа просп пер π.χ δηλ डॉ श्री
"""
# These do not before a number.
_NUMBERED_WORDS = """
    no nos nr nº n.º núm num fig figs vol ver vers rev p pp pg ch sec art abs abb approx min max tel ext kap punkt
    jan feb mar apr jun jul aug sep sept oct nov dec pág pag cap réf av tél ul č čl
    стр рис тел д кв корп п ст гл αρ τηλ रु rs
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_WORDS.split())
_NUMBERED = frozenset(_NUMBERED_WORDS.split())
_LAST_WORD = re.compile(r"([^\s(\[{«“\"'„/-]+)\.$")
_GERMAN_DATE = re.compile(
    r"\s(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Etage|Stock|Tag|"
    r"Woche|Monat|Jahr|Jahrhundert|Mal|Quartal|Generation|Platz|Stelle|Schritt)"
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """The character spans of a text's sentences, in order, without the white space around them.

    Each line is split on its own, so list items, table rows, lines of code and headings are never run together. The
    rule under a table's header row is not a sentence; everything else but white space is covered.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        if _TABLE_RULE.fullmatch(line[0]):
            continue
        if line[0].lstrip().startswith("|"):
            _append(spans, text, line.start(), line.end())
        else:
            _split_line(spans, text, line.start(), line.end())
    return spans


def _split_line(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    position = start
    for match in _END.finditer(text, start, end):
        if not _goes_on(text, position, match, end):
            _append_phrases(spans, text, position, match.end())
            position = match.end()
    _append_phrases(spans, text, position, end)


def _goes_on(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether the sentence goes on after what looks like its end."""
    mark = match[0]
    following = text[match.end() : end].lstrip()
    if not following:
        return True
    if mark[0] in "。！？｡।॥۔؟։።፧။។៕།༎":
        return False
    if following[0].islower() and not mark.startswith(("!", "?")):
        return True
    if mark != ".":
        # "Really?" she asked: a quotation's own mark, inside a sentence that goes on in lower case.
        return following[0].islower() and len(mark) > 1
    word = _LAST_WORD.search(text[max(start, match.end() - 40) : match.end()])
    if word is None:
        return False
    last = word[1]
    if last.isdigit():
        before = text[start : match.start() - len(last)].strip()
        # "3. Oktober" in German; and the number of a list item ("2. Press Save") stays with its text.
        return (not before and len(last) <= 3) or (len(last) <= 2 and bool(_GERMAN_DATE.match(text, match.end(), end)))
    if last.casefold() in _ABBREVIATIONS or (following[0].isdigit() and _is_before_number(last)):
        return True
    # Initials: "J. Smith", "z. B. Montag"; but a sentence may end in a lone capital ("vitamin C.") before a long one.
    return len(last) == 1 and last.isalpha() and _is_initial(text, start, match.start(), following)


def _is_before_number(word: str) -> bool:
    return word.casefold() in _NUMBERED or (len(word) == 1 and word.isalpha())


def _is_initial(text: str, start: int, at: int, following: str) -> bool:
    before = text[start : at - 1].split()
    first = not before
    after_name = bool(before) and (before[-1].endswith(".") or before[-1][:1].isupper())
    return text[at - 1].islower() or first or after_name or bool(re.match(r"\w\.", following))


def _append_phrases(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Cuts Thai and its like at spaces, keeping phrases too short to be a sentence with what follows."""
    position = start
    for space in _SPACED.finditer(text, start, end):
        if space.start() - position >= _SHORT_PHRASE and end - space.end() >= _SHORT_PHRASE:
            _append(spans, text, position, space.start())
            position = space.end()
    _append(spans, text, position, end)


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
