from __future__ import annotations

from tests.retrieval.documents.files import outline, read


def test_a_short_first_line_is_the_title_and_wrapped_lines_are_joined() -> None:
    document = read(
        "Opening hours\n\nOur shop in the old town is open from Monday to Saturday, from nine\n"
        "in the morning to six.\n\nClosed on\nSundays\n\n- by bus\n- by tram\n",
        "a.txt",
    )
    assert document.title == "Opening hours"
    assert outline(document) == [
        (
            (),
            "",
            [
                "Our shop in the old town is open from Monday to Saturday, from nine in the morning to six.",
                "Closed on\nSundays",
                "- by bus\n- by tram",
            ],
        )
    ]
    assert document.sections[0].blocks[2].kind == "list"


def test_underlined_lines_are_headings() -> None:
    document = read("Manual\n======\nText.\n\nPart one\n--------\nMore.\n", "a.txt")
    assert outline(document) == [((), "", ["Text."]), (("Part one",), "", ["More."])]


def test_a_first_sentence_is_text() -> None:
    document = read("We open at nine.\n\nWe close at six.", "opening-hours.txt")
    assert document.title == "Opening hours"
    assert outline(document)[0][2] == ["We open at nine.", "We close at six."]


def test_front_matter() -> None:
    document = read("---\ntitle: Hours\ntags: [shop]\n---\nNine to six.\n", "a.txt")
    assert (document.title, document.tags, outline(document)[0][2]) == ("Hours", ("shop",), ["Nine to six."])
