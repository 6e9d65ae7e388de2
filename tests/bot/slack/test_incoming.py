"""What people write arrives as it reads; what follows is kept under names that nobody else reaches."""

from __future__ import annotations

import pytest

from bot.conversations import KNOWN_ID
from bot.slack.incoming import body_key, conversation_id, mentioned, spoken


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@UBOT> How long?", "How long?"),
        ("<@UBOT|polydesk> How long?", "How long?"),
        ("Ask <@U2|bert> in <#C1|returns>", "Ask @bert in #returns"),
        ("See <https://shop.example/a?b=1&amp;c=2>", "See https://shop.example/a?b=1&c=2"),
        ("See <https://shop.example|the shop>", "See the shop"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<!here> <!subteam^S1|@team> hello", "@team hello"),
        ("1 &lt; 2 &amp;amp; 3 &gt; 2", "1 < 2 &amp; 3 > 2"),
        ("a\n\n  b   c", "a\n\nb c"),
        ("  ", ""),
    ],
)
def test_a_message_is_read_as_it_was_written(written: str, read: str) -> None:
    assert spoken(written, "UBOT") == read


def test_who_is_mentioned() -> None:
    assert mentioned("<@U12> and <@W34|x> &lt;@U5&gt;") == {"U12", "W34"}


def test_a_conversation_in_slack_is_out_of_reach_over_http_and_another_for_other_audiences() -> None:
    ids = {
        conversation_id("T1", "C1", "1.2", ("public",)),
        conversation_id("T1", "C1", "1.2", ("public", "agents")),
        conversation_id("T1", "C1", "1.2", ("public", "agents"), "U1"),
        conversation_id("T1", "C1", "1.3", ("public",)),
        conversation_id("T1", "C11", ".2", ("public",)),
    }
    assert len(ids) == 5
    assert conversation_id("T1", "C1", "1.2", ("agents", "public")) in ids
    for id in ids:
        assert not KNOWN_ID.match(id)
        assert len(id) <= 64


def test_a_body_has_the_same_key_whenever_it_comes() -> None:
    click = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "trigger_id": "1.2",
        "actions": [{"action_id": "why", "action_ts": "3.4"}],
    }
    assert body_key(click) == body_key(dict(click))
    assert body_key(click) != body_key(click | {"actions": [{"action_id": "why", "action_ts": "3.5"}]})
    assert body_key({"event_id": "Ev1", "event": {}}) == "Ev1"
    assert len(body_key({"command": "/ask", "user_id": "U1", "trigger_id": "9"})) == 32
