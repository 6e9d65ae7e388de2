"""No text becomes a mention, a broadcast, or a link to where none may lead; none is lost or too long."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.question import NOT_TEXT
from bot.slack.escaping import cut, length, link, markdown, mrkdwn

SPITEFUL = ("<!channel>", "<!here|here>", "<@U123ABC>", "<!subteam^S1>", "<#C1>", "<https://evil.example|bank>", "&lt;")
texts = st.lists(st.sampled_from((*SPITEFUL, "&", "<", ">", "a", "é", "😀", "\n", "|", "`", "*", " "))).map("".join)


def shown(escaped: str) -> str:
    """What Slack shows of escaped text."""
    return html.unescape(escaped)


@given(texts | st.text())
def test_mrkdwn_shows_the_text_and_holds_no_control_sequence(text: str) -> None:
    escaped = mrkdwn(text, 100_000)
    assert "<" not in escaped
    assert ">" not in escaped
    decoded = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert decoded == NOT_TEXT.sub(" ", text)


@given(texts | st.text(), st.integers(1, 60))
def test_mrkdwn_keeps_to_its_length_after_escaping(text: str, longest: int) -> None:
    escaped = mrkdwn(text, longest)
    assert length(escaped) <= longest
    assert not re.search(r"&(?!(amp|lt|gt);)", escaped)


@given(texts | st.text(), st.integers(1, 60))
def test_cut_keeps_what_fits_and_marks_what_does_not(text: str, longest: int) -> None:
    kept = cut(text, longest)
    assert length(kept) <= longest
    whole = NOT_TEXT.sub(" ", text)
    assert kept == whole if length(whole) <= longest else kept.endswith("…")


@given(texts)
def test_markdown_holds_no_control_sequence_and_shows_the_same_characters(text: str) -> None:
    escaped = markdown(text)
    assert "<" not in escaped
    assert ">" not in escaped
    assert shown(escaped) == NOT_TEXT.sub(" ", text)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("[terms](https://shop.example/terms?a=1&b=2)", "[terms](https://shop.example/terms?a=1&b=2)"),
        ("[us](mailto:help@shop.example)", "[us](mailto:help@shop.example)"),
        ("[page](/help/refunds#time)", "[page](https://desk.example/help/refunds#time)"),
        ("[x](javascript:alert(1))", "x (javascript:alert(1))"),
        ("[x](javascript:alert((1)))", "[x] (javascript:alert((1)))"),
        ("[x](<javascript:alert()>)", "x (&lt;javascript:alert()&gt;)"),
        ("[x](https://en.example/a_(b))", "[x](https://en.example/a_(b))"),
        ("[x](slack://user?team=T1&id=U1)", "x (slack://user?team=T1&id=U1)"),
        ("[x](//evil.example/a)", "x"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("5 < 6 & 7 &amp; 8", "5 &lt; 6 & 7 &amp;amp; 8"),
    ],
)
def test_links_lead_to_the_web_and_to_mail_only(written: str, made: str) -> None:
    assert markdown(written, "https://desk.example") == made


def test_a_path_of_the_desk_is_no_link_where_its_address_is_not_known() -> None:
    assert markdown("[page](/help/refunds)") == "page"
    assert link("/help/refunds") == ""
    assert link("/help/refunds#a b", "https://desk.example") == ""
    assert link("https://[broken", "https://desk.example") == ""


@given(st.text(max_size=80))
def test_a_link_never_leaves_its_quotes(url: str) -> None:
    assert not set(link(url, "https://desk.example")) & set('<>|"\\`\n ')
