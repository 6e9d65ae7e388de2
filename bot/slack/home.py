"""App Home: what waits, what was not answered, one's own answers, the language; for admins corrections and health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.knowledge import Dependency
from bot.phrases import Phrases
from bot.slack import blocks
from bot.slack.blocks import Block, Element, line, moment, rich_text, words
from bot.slack.escaping import cut
from bot.slack.records import Correction, Given
from bot.slack.words import Words

# Of each list; a view takes 100 blocks in all.
MOST = 8
AUTOMATIC = "auto"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A customer's conversation that waits for a person, by what they asked first."""

    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Home:
    """What somebody's App Home shows.

    Attributes:
        waiting: oldest first; None for whoever sees public knowledge only, as customers' words are not for them.
        language: as they set it, "" for none.
        corrections, health: None for whoever is no admin.
        names: of people, by id.
    """

    waiting: Sequence[Waiting] | None
    unanswered: Sequence[Given]
    recent: Sequence[Given]
    language: str
    corrections: Sequence[Correction] | None = None
    health: Mapping[str, Dependency] | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def home_view(home: Home, say: Words, phrases: Phrases) -> Block:
    """The view. Answers themselves are not in it: they open on a click, when rights are looked at again."""
    answer_it, opened = say("slack.home.answer_it"), say("slack.home.open")
    unanswered = [_question(one, answer_it, f"answer_it:{n}") for n, one in enumerate(home.unanswered)]
    recent = [_question(one, opened, f"open:{n}") for n, one in enumerate(home.recent)]
    made = [
        *_waiting(home.waiting, say),
        *_list(say("slack.home.unanswered"), unanswered, say("slack.home.unanswered_none")),
        *_list(say("slack.home.recent"), recent, say("slack.home.recent_none")),
    ]
    if home.corrections is not None:
        shown = [_correction(n, one, home.names.get(one.user, ""), say) for n, one in enumerate(home.corrections)]
        made += _list(say("slack.home.corrections"), shown, say("slack.home.corrections_none"))
    if home.health is not None:
        made += [blocks.header(say("slack.home.health")), rich_text(*(_part(*part) for part in home.health.items()))]
    made += [blocks.divider(), _language(home.language, say, phrases), blocks.context(say("ai.notice"))]
    return blocks.home(made)


def _list(title: str, entries: Sequence[Sequence[Block]], empty: str) -> list[Block]:
    shown = [block for entry in entries[:MOST] for block in entry]
    return [blocks.header(title), *(shown or [blocks.context(empty)])]


def _waiting(waiting: Sequence[Waiting] | None, say: Words) -> list[Block]:
    if waiting is None:
        return []
    entries = [[rich_text(line(words(cut(one.text, 300)), words("  "), _moment(one.since)))] for one in waiting]
    return _list(say("slack.home.waiting"), entries, say("slack.home.waiting_none"))


def _question(given: Given, choice: str, action: str) -> list[Block]:
    return [blocks.section(cut(given.question, 300), blocks.button(choice, action, given.id))]


def _correction(number: int, one: Correction, name: str, say: Words) -> list[Block]:
    parts = [line(words(cut(one.question, 300), bold=True)), blocks.quote(words(cut(one.suggestion, 1_000)))]
    if one.source:
        parts.append(line(words(cut(one.source, 300), italic=True)))
    parts.append(line(words(f"{cut(name, 80)}  "), _moment(one.made_at)))
    done = blocks.button(say("slack.correction.done"), f"correction_done:{number}", str(one.id))
    return [rich_text(*parts), blocks.actions(done)]


def _part(name: str, state: Dependency) -> Element:
    sign = "✅ " if state.ready else "❌ " if state.required else "⚠️ "
    return line(words(f"{sign}{name}", bold=True), words(f"  {cut(state.detail, 200)}\n"))


def _language(chosen: str, say: Words, phrases: Phrases) -> Block:
    options = [(say("slack.home.language_automatic"), AUTOMATIC)]
    options += [(phrases.get("language.name", code), code) for code in phrases.languages]
    return blocks.section(say("widget.language"), blocks.select("language", options, chosen or AUTOMATIC))


def _moment(when: datetime) -> Element:
    return moment(int(when.timestamp()), when.strftime("%Y-%m-%d %H:%M"))
