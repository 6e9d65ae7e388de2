"""Markdown taken apart: what are sentences, and that nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.translate.layout import parts, plain

TEXT = """# How to return

We refund. The money goes back! [1] [2]

- Pack the bike.
  1. Print the label. [3]
> A quote.

| Country | Days |
|:--|--:|
| Spain | 3 \\| 4 |

~~~sh
rm -r Nothing here.
~~~
After it."""


def test_sentences() -> None:
    assert [part.text for part in parts(TEXT) if part.sentence] == [
        "How to return", "We refund.", "The money goes back!", "Pack the bike.", "Print the label.", "A quote.",
        "Country", "Days", "Spain", "3 \\| 4", "After it.",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["```\nnever closed\n\nThe end.", "````\n```\nThe end.\n```\n````\n"])
def test_code_is_never_a_sentence(text: str) -> None:
    assert not any(part.sentence for part in parts(text))


@given(some.text(alphabet="ab |-*#>`~[1].。\n\\ é"))
def test_the_parts_make_the_text(text: str) -> None:
    assert "".join(part.text for part in parts(text)) == text
    assert all(part.text for part in parts(text))


def test_emphasis_is_left_out_but_in_code() -> None:
    assert plain("**Press** the *green* button, `a**b**c` or 2 * 3 * 4.") == (
        "Press the green button, `a**b**c` or 2 * 3 * 4."
    )
