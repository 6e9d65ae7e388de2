"""Which units of a passage answer the question."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.answers.evidence import Parts

# A unit is taken only where it covers nearly as much of the question as the best one.
NEAR = 0.2
# What is said in fewer tokens than this is seldom understood without its neighbour.
SHORT = 12


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one passage is quoted.

    Attributes:
        units: sentences, items or rows at most, not counting what introduces them.
        tokens: from the first to the last of them.
        whole: a passage of no more tokens is quoted whole.
    """

    units: int
    tokens: int
    whole: int


def select(found: Parts, limits: Limits, exact: Collection[int] = ()) -> list[int]:
    """The places of the chosen units, in the passage's order; empty only for a passage without units.

    Args:
        exact: the places of units that hold the very code or number asked for; they go before all others.
    """
    if sum(found.tokens) <= limits.whole:
        return list(range(len(found.units)))
    # What introduces something is shown with it and never alone; its words count for what it introduces.
    leads = {unit.lead for unit in found.units}
    candidates = [place for place in _by_score(found) if place not in leads and found.units[place].kind != "heading"]
    candidates.sort(key=lambda place: place not in exact)
    if not candidates:
        return list(range(len(found.units)))[: limits.units]
    best = candidates[0]
    chosen = _with_leads(found, best, limits)
    count = 1
    for place in candidates[1:]:
        if count >= limits.units:
            break
        if found.scores[place] < found.scores[best] - NEAR:
            continue
        extended = chosen | {place} | _leads(found, place)
        if place not in chosen and _span(found, extended) <= max(limits.tokens, _span(found, chosen)):
            chosen = extended
            count += 1
    if found.units[best].kind == "sentence" and sum(found.tokens[place] for place in chosen) < SHORT:
        chosen |= _neighbour(found, best, limits)
    return sorted(chosen)


def _by_score(found: Parts) -> list[int]:
    return sorted(range(len(found.units)), key=lambda place: (-found.scores[place], place))


def _with_leads(found: Parts, place: int, limits: Limits) -> set[int]:
    """A unit with what introduces it, where that fits; a row always, as it says nothing without its header."""
    led = {place} | _leads(found, place)
    return led if found.units[place].kind == "row" or _span(found, led) <= limits.tokens else {place}


def _leads(found: Parts, place: int) -> set[int]:
    leads: set[int] = set()
    lead = found.units[place].lead
    while lead is not None and lead not in leads:
        leads.add(lead)
        lead = found.units[lead].lead
    return leads


def _neighbour(found: Parts, place: int, limits: Limits) -> set[int]:
    """The next unit, else the one before, where it fits."""
    for other in (place + 1, place - 1):
        if 0 <= other < len(found.units) and _span(found, {place, other}) <= limits.tokens:
            return {other}
    return set()


def _span(found: Parts, places: set[int]) -> int:
    """Tokens from the first to the last of the units, those between included: a quote is one run of the text."""
    return sum(found.tokens[min(places) : max(places) + 1])
