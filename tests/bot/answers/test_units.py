from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.answers.units import units


def shown(text: str) -> list[tuple[str, str, str | None]]:
    """Kind, text and the text of the lead of each unit."""
    found = units(text)
    return [
        (unit.kind, text[unit.start : unit.end], None if unit.lead is None else text[slice(*span(found[unit.lead]))])
        for unit in found
    ]


def span(unit: object) -> tuple[int, int]:
    return unit.start, unit.end  # type: ignore[attr-defined]


def test_prose_is_taken_apart_by_sentences() -> None:
    assert shown("Charge it fully. It takes 3.5 hours!\n\n充电需要四小时。请勿覆盖。") == [
        ("sentence", "Charge it fully.", None),
        ("sentence", "It takes 3.5 hours!", None),
        ("sentence", "充电需要四小时。", None),
        ("sentence", "请勿覆盖。", None),
    ]


def test_a_list_goes_with_its_introduction() -> None:
    assert shown("We ship to two places:\n\n- Spain, in two days\n- Chile\n  and its islands\n\nNowhere else.") == [
        ("sentence", "We ship to two places:", None),
        ("item", "- Spain, in two days", "We ship to two places:"),
        ("item", "- Chile\n  and its islands", "We ship to two places:"),
        ("sentence", "Nowhere else.", None),
    ]


def test_numbered_steps_are_one_unit() -> None:
    assert shown("Do this:\n1. Hold the button.\n2. Wait. Then let go.\n\n3. Ride.\n- or walk\nDone.") == [
        ("sentence", "Do this:", None),
        ("steps", "1. Hold the button.\n2. Wait. Then let go.\n\n3. Ride.", "Do this:"),
        ("item", "- or walk", "Do this:"),
        ("sentence", "Done.", None),
    ]


def test_a_row_goes_with_the_header_and_its_rule() -> None:
    header = "| Part | Warranty |\n| --- | --- |"
    assert shown(f"{header}\n| Frame | 5 years |\n| Battery | 2 years |") == [
        ("header", header, None),
        ("row", "| Frame | 5 years |", header),
        ("row", "| Battery | 2 years |", header),
    ]


def test_code_is_one_unit_even_when_its_fence_is_never_closed() -> None:
    assert shown("Run this:\n\n```\nmake serve\n\nmake test\n```\nThen wait.") == [
        ("sentence", "Run this:", None),
        ("code", "```\nmake serve\n\nmake test\n```", "Run this:"),
        ("sentence", "Then wait.", None),
    ]
    assert shown("```\nmake serve") == [("code", "```\nmake serve", None)]


def test_a_heading_inside_a_passage_leads_what_follows() -> None:
    assert shown("First text.\n\nWinter\nKeep it warm. Charge it indoors.") == [
        ("sentence", "First text.", None),
        ("heading", "Winter", None),
        ("sentence", "Keep it warm.", "Winter"),
        ("sentence", "Charge it indoors.", None),
    ]


@given(st.text(st.sampled_from("ab |-`\n1.:。*?#~")))
def test_units_stand_in_order_and_lose_no_letter(text: str) -> None:
    found = units(text)
    edges = [edge for unit in found for edge in (unit.start, unit.end)]
    assert edges == sorted(edges)
    assert all(text[unit.start : unit.end].strip() for unit in found)
    assert all(unit.lead is None or unit.lead < place for place, unit in enumerate(found))
    outside = "".join(text[end:start] for end, start in zip([0, *edges[1::2]], [*edges[::2], len(text)], strict=True))
    assert not set(outside) & set("ab1。")
