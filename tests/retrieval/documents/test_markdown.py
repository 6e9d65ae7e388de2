from __future__ import annotations

from tests.retrieval.documents.files import outline, read


def test_headings_make_paths_and_github_anchors() -> None:
    document = read(
        "# Returns\n\nIntro.\n\n## How long?\n\nThirty days.\n\n### Übergröße & Maße\n\nMore.\n\n"
        "## How long?\n\nAgain.\n\n## 退货政策\n\n好。\n\n## Fixed {#my-anchor}\n\nx\n",
        "a.md",
    )
    assert document.title == "Returns"
    assert outline(document) == [
        ((), "returns", ["Intro."]),
        (("How long?",), "how-long", ["Thirty days."]),
        (("How long?", "Übergröße & Maße"), "übergröße--maße", ["More."]),
        (("How long?",), "how-long-1", ["Again."]),
        (("退货政策",), "退货政策", ["好。"]),
        (("Fixed",), "my-anchor", ["x"]),
    ]


def test_blocks_keep_their_kind_and_links_their_text() -> None:
    document = read(
        "See [the *terms*](https://x.example/t) and ![a red bike](b.png).\nWrapped line.\n\n"
        "- one\n- two\n  1. deep\n  2. deeper\n- three\n\n"
        "| Part | Price |\n|---|--:|\n| Bell \\| horn | €5 |\n\n"
        "```sh\npip install  x\n\n# comment\n```\n\nHard  \nbreak\n",
        "a.md",
    )
    assert [(block.kind, block.text) for block in document.sections[0].blocks] == [
        ("text", "See the terms and a red bike. Wrapped line."),
        ("list", "- one\n- two\n  1. deep\n  2. deeper\n- three"),
        ("table", "| Part | Price |\n| --- | --- |\n| Bell \\| horn | €5 |"),
        ("code", "pip install  x\n\n# comment"),
        ("text", "Hard\nbreak"),
    ]


def test_html_in_markdown_is_reduced_to_its_text() -> None:
    document = read(
        "# T\n\n<div hidden>secret</div>\n\n<!-- note -->\n\n"
        "<details><summary>More</summary>\n\nInside\n\n</details>\n\n"
        'a <b>bold</b> word<script>alert(1)</script>\n\n<a name="old"></a>\n\n## Head\n\ntext\n',
        "a.md",
    )
    assert outline(document) == [((), "t", ["More", "Inside", "a bold word"]), (("Head",), "old", ["text"])]


def test_notes_of_docusaurus_and_github_lose_their_marks() -> None:
    document = read(":::tip Good to know\nCharge it.\n:::\n\n> [!WARNING]\n> Hot.\n", "a.md")
    assert [block.text for block in document.sections[0].blocks] == ["Charge it.", "Hot."]


def test_lines_wrapped_in_chinese_are_joined_without_a_space() -> None:
    document = read("电池保修\n两年。\n", "a.md")
    assert document.sections[0].blocks[0].text == "电池保修两年。"


def test_without_a_heading_the_file_name_is_the_title() -> None:
    assert read("Just text.", "help/return-policy.md").title == "Return policy"


def test_a_heading_with_nothing_below_it_is_text() -> None:
    assert outline(read("# T\n\na\n\n## Coming soon\n", "a.md"))[-1] == (
        ("Coming soon",),
        "coming-soon",
        ["Coming soon"],
    )


def test_deep_nesting_is_read_without_end_of_stack() -> None:
    document = read("> " * 80 + "bottom\n\n" + "> " * 5_000 + "too deep", "a.md")
    assert "bottom" in document.sections[0].blocks[0].text
