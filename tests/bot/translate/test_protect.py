"""What is found to be protected, and that it comes back or is missed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.translate.protect import Protector, between, kept, placeholder, restored, without

PROTECTOR = Protector(("Trail Mate", "C++ Desk"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The display shows E-104.", ["E-104"]),
        ("Order #48213 costs 49,90 € today.", ["#48213", "49,90 €"]),
        ("It costs €49.90 or $ 1,000.50.", ["€49.90", "1,000.50"]),
        (
            "Write to help@example.com, or see https://example.com/a_b?x=1#y.",
            ["help@example.com", "https://example.com/a_b?x=1#y"],
        ),
        ("Run `pip install x_y` and set max_pages or maxPages.", ["`pip install x_y`", "max_pages", "maxPages"]),
        ("See [the page](https://e.com/a_(b)) now [2].", ["[the page](https://e.com/a_(b))", "[2]"]),
        ("Trail Mate and C++ Desk are here, trail mates are not.", ["Trail Mate", "C++ Desk"]),
        ("A 30-day trial of 2 weeks.", ["30", "2"]),
        ("错误E-104表示3天。", ["E-104", "3"]),
        ("Der Termin ist am 22.11.2026 um 12:30.", ["22.11.2026", "12:30"]),
        ("Open /help/returns or example.com with --force.", ["/help/returns", "example.com", "--force"]),
        ("Hello {name}, you have ${count} messages.", ["{name}", "${count}"]),
        ("Nothing to keep here, and/or anywhere.", []),
    ],
)
def test_items(text: str, found: list[str]) -> None:
    assert [item.text for item in PROTECTOR.items(text)] == found


def test_they_are_taken_out_and_put_back_in_another_order() -> None:
    text = "Order AB-12 has 3 parts."
    items = PROTECTOR.items(text)
    assert without(text, items) == "Order X0Z has X1Z parts."
    assert between(text, items) == ["Order ", " has ", " parts."]
    assert restored("x1z Teile hat die Bestellung X0 Z.", ["AB-12", "3"]) == "3 Teile hat die Bestellung AB-12."


@pytest.mark.parametrize(
    "translation", ["Nada.", "X0Z y X0Z y X1Z", "X0Z y X2Z", "X0Z, X1Z, X2Z", f"X0Z X{'1' * 5_000}Z"]
)
def test_what_is_lost_doubled_or_invented_is_noticed(translation: str) -> None:
    assert restored(translation, ["AB-12", "3"]) is None


@pytest.mark.parametrize(
    ("source", "translation", "good"),
    [
        ("It takes 3 days.", "Tarda 3 días.", True),
        ("It takes 3 days.", "Tarda tres días.", False),
        ("It takes three days.", "Tarda 3 días.", False),
        ("It takes 3 days.", "Tarda 3 o 4 días.", False),
        ("Error E-104 is E-104.", "Error E-104.", False),
        ("Error E-104.", "错误E-104。", True),
        ("Use E-10.", "Use E-104.", False),
        ("From 1,000 to 2.", "De 1.000 a 2.", False),
        ("See [this](https://e.com/1).", "Vea [esto](https://e.com/1).", True),
        ("See [this](https://e.com/1).", "Vea esto (https://e.com/1).", False),
    ],
)
def test_kept(source: str, translation: str, good: bool) -> None:
    assert kept(source, translation, PROTECTOR.items(source)) is good


@given(some.text(alphabet="abcXZ 019.,-/€`[]()@:_\n{}#日本é"))
def test_any_text_is_put_together_again(text: str) -> None:
    items = PROTECTOR.items(text)
    values = [item.text for item in items]
    pieces = between(text, items)
    assert "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True)) == text
    assert kept(text, text, items)
    assert all(placeholder(n) in without(text, items) for n in range(len(items)))
