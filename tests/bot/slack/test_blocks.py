"""Whatever an answer, file, name or person says: what is shown keeps to Slack's rules, in every language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View

from bot.answers.values import Citation
from bot.knowledge import Dependency
from bot.phrases import Phrases
from bot.slack import blocks
from bot.slack.answer_blocks import Card, below, draft, shared
from bot.slack.audiences import Right
from bot.slack.blocks import Block
from bot.slack.corrections import correction_blocks
from bot.slack.home import Home, Waiting, home_view
from bot.slack.modals import answer_view, ask_view, correction_view, notice_view, waiting_view
from bot.slack.records import Correction, Given
from bot.slack.why import Explanation, Found, why_view
from bot.slack.words import Words
from tests.bot.slack.answers import ANSWER, CITATION, answer
from tests.fakes.slack.blocks import block_characters, block_problems
from tests.fakes.slack.texts import BLOCK_CHARACTERS, all_texts

PHRASES = Phrases()
URL = "https://help.example.com"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
pieces = st.sampled_from(
    ("a", "é ", "漢字", "😀", "\n", "<!channel>", "<@U1>", "`", "**b**", "[1]", "[x](javascript:alert(1))", "|a|b|\n",
     "\x00", "&amp;", "https://evil.example/", "word " * 400, "x" * 5_000)
)  # fmt: skip
texts = st.lists(pieces, max_size=8).map("".join)


def view_problems(view: Block) -> list[str]:
    kind = "home" if view["type"] == "home" else "modal"
    View(**view).validate_json()
    return block_problems(view["blocks"], kind)


def message_problems(made: list[Block]) -> list[str]:
    for block in made:
        parsed = SdkBlock.parse(block)
        assert parsed is not None
        parsed.validate_json()
    assert block_characters(made) < BLOCK_CHARACTERS
    # Beside the longest streamed text.
    assert block_characters([one for one in made if one["type"] != "markdown"]) < 6_000
    return block_problems(made)


def card(text: str, *citations: Citation) -> Card:
    return Card("a" * 32, answer(text, *citations), URL)


def given_of(text: str) -> Given:
    return Given("a" * 32, "T1", "C1", "1.2", "U1", text, answer(text), ("public",), True, None, "", 0, NOW)


def correction_of(text: str) -> Correction:
    return Correction(1, "T1", "U1", "a" * 32, text, text or "?", text, NOW)


def every_message(text: str, say: Words) -> list[list[Block]]:
    cited = replace(CITATION, title=text, heading=(text, text), quote=text, url=text, translation=text)
    shown = Card("a" * 32, answer(text, *(replace(cited, n=n) for n in range(1, 11))), URL)
    degraded = replace(shown, answer=replace(shown.answer, degraded=("reranker", "llm", "unheard-of")))
    return [
        below(degraded, say, [text]),
        draft(shown, say, shareable=True, notes=(text,)),
        draft(shown, say, shareable=False),
        shared(shown, say, text, text),
        correction_blocks(correction_of(text), text, text, say),
    ]


def every_view(text: str, say: Words) -> list[Block]:
    found = Found(text, text, "public", 50, 1, 123456.0, -1.0)
    explanation = Explanation((found,) * 10, 50, 0.5, 0.07, 3, text, 2, text, True)
    waiting = [Waiting(text, NOW)] * 20 if len(text) % 2 else None
    health = {f"part {n}": Dependency(bool(n % 2), text, bool(n % 3)) for n in range(8)}
    home = Home(
        waiting, [given_of(text)] * 20, [given_of(text)] * 20, "de", [correction_of(text)] * 20, health, {"U1": text}
    )
    shown = card(text, replace(CITATION, quote=text, url=text))
    return [
        ask_view(say),
        waiting_view(say, text),
        answer_view(shown, say, text, shareable=True, notes=(text,)),
        notice_view(say, text or "?"),
        correction_view(say, "a" * 32, text),
        why_view(text, shown.answer, explanation, Right(), say, URL),
        home_view(home, say, PHRASES),
        home_view(Home((), (), (), ""), say, PHRASES),
    ]


@settings(max_examples=80)
@given(texts, st.sampled_from(PHRASES.languages))
def test_everything_shown_keeps_to_the_rules(text: str, language: str) -> None:
    say = Words(PHRASES, language)
    for made in every_message(text, say):
        assert message_problems(made) == []
    for view in every_view(text, say):
        assert view_problems(view) == []
        assert block_characters(view["blocks"]) < 60_000


@settings(max_examples=40)
@given(texts)
def test_nobody_is_mentioned_and_no_link_leads_elsewhere(text: str) -> None:
    say = Words(PHRASES, "en")
    for made in [*every_message(text, say), *(view["blocks"] for view in every_view(text, say))]:
        for block in made:
            if block["type"] == "markdown":
                assert "<" not in block["text"]
                assert "](javascript" not in block["text"]
            for element in elements_in(block):
                assert element["type"] not in ("user", "usergroup", "broadcast", "channel", "mrkdwn")
                if element["type"] == "link":
                    assert element["url"].startswith(("https://", "http://", "mailto:"))


def elements_in(value: object) -> list[dict[str, object]]:
    if isinstance(value, list):
        return [element for one in value for element in elements_in(one)]
    if isinstance(value, dict):
        inner = [element for one in value.values() for element in elements_in(one)]
        return [value, *inner] if "type" in value else inner
    return []


@pytest.mark.parametrize("language", PHRASES.languages)
def test_titles_and_buttons_are_shown_whole(language: str) -> None:
    say = Words(PHRASES, language)
    whole = set(PHRASES.catalogue(language).values())
    for made in [*every_message("text", say), *every_view("text", say)]:
        assert not [text for text in all_texts(made) if text.endswith("…") and text not in whole]
    for key in ("slack.find", "slack.why", "slack.correction.title", "slack.manifest.ask_name", "slack.close",
                "slack.cancel", "slack.send", "widget.send"):  # fmt: skip
        assert blocks.plain(say(key), 24)["text"] == say(key), key


def test_sources_carry_deep_links_and_quotes() -> None:
    made = str(below(Card("a" * 32, ANSWER, URL), Words(PHRASES, "en")))
    assert "https://help.example.com/help/refunds#how-long-a-refund-takes" in made
    assert CITATION.quote in made
    assert "Refunds › How long a refund takes" in made


def test_why_leaves_out_what_may_not_be_seen() -> None:
    found = (Found("Refunds", "", "public", 1, 1, 1.0, 0.9), Found("Goodwill", "", "agents", 2, 2, 0.9, 0.8))
    explanation = Explanation(found, 50, 0.8, 0.07, 3, "late interaction")
    say = Words(PHRASES, "en")
    assert "Goodwill" not in str(why_view("?", ANSWER, explanation, Right(), say, URL))
    assert "Goodwill" in str(why_view("?", ANSWER, explanation, Right(("public", "agents")), say, URL))


def test_a_checked_table_is_shown_without_what_rules_off_its_head() -> None:
    shown = answer("| Bike | Day |\n| --- | --- |\n| Tour | €30 |\n\n[1]")
    explanation = Explanation((), 50, 0.8, 0.07, 3, "late interaction")
    say = Words(PHRASES, "en")
    corrected = correction_blocks(correction_of("No."), "Anna", shown.text, say)
    for made in (why_view("?", shown, explanation, Right(), say, URL)["blocks"], corrected):
        assert "| Tour | €30 |" in str(made)
        assert "---" not in str(made)


def test_a_table_stays_a_table_in_a_window() -> None:
    text = "Prices:\n| Bike | Day |\n| --- | --- |\n| Tour | €30 |\n\nSee **all** [prices](/help/prices). [1]"
    made = answer_view(card(text), Words(PHRASES, "en"), "?", shareable=False)
    shown = next(block for block in made["blocks"] if "Prices:" in str(block))
    kinds = [element["type"] for element in shown["elements"]]
    assert kinds == ["rich_text_section", "rich_text_preformatted", "rich_text_section"]
    assert "| Tour | €30 |" in str(shown)
    assert f"{URL}/help/prices" in str(shown)
