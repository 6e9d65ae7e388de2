from __future__ import annotations

import pytest

from retrieval.errors import KnowledgeFileError
from tests.retrieval.documents.files import outline, read


def body(text: str) -> list[tuple[tuple[str, ...], str, list[str]]]:
    return outline(read(f"<title>T</title><body>{text}</body>", "a.html"))


def test_only_the_content_of_a_page_is_read() -> None:
    document = read(
        """<!DOCTYPE html><html lang="pt-br"><head><title>Garantia | Loja</title><style>p{}</style>
        <link rel="canonical" href="https://loja.example/garantia"><script>var x = "<p>no</p>";</script></head><body>
        <header><h1>Loja</h1></header><nav><a href="/">Home</a></nav><aside>Newsletter</aside>
        <div role="navigation">Menu</div><div class="breadcrumbs">You are here</div>
        <template><p>no</p></template><noscript>Enable JavaScript</noscript><iframe>no</iframe>
        <div id="x"><h1>Garantia</h1><p>Dois&nbsp;anos &amp; meio.<p hidden>secret</p>
        <p style="color:red; display : none">secret</p><span aria-hidden="true">♥</span>
        <select><option>no</option></select></div><!-- comment --><footer>Imprint</footer></body></html>""",
        "a.html",
    )
    assert (document.title, document.language, document.url) == ("Garantia", "pt-BR", "https://loja.example/garantia")
    assert outline(document) == [((), "x", ["Dois anos & meio."])]


def test_the_marked_main_part_is_preferred_and_keeps_its_header_and_notes() -> None:
    assert body(
        "<div>Site banner</div><main><header><h1>Bikes</h1></header><p>Text.</p>"
        "<aside>A note about <a href=x>bikes</a> worth reading.</aside><aside><a href=x>Related</a></aside></main>"
    ) == [(("Bikes",), "", ["Text.", "A note about bikes worth reading."])]


@pytest.mark.parametrize(
    "heading",
    [
        '<h2 id="go">Head</h2>',
        '<h2><a id="go"></a>Head</h2>',
        '<h2><a name="go">Head</a></h2>',
        '<h2><span id="go"></span>Head</h2>',
        '<a name="go"></a><h2>Head</h2>',
        '<p><a id="go"></a></p>\n<h2>Head</h2>',
        '<section id="go"><h2>Head</h2></section>',
        '<div class="section" id="go"><h2>Head<a class="headerlink" href="#go" title="Link">¶</a></h2></div>',
        '<h2 id="go"><a class="header" href="#go">Head</a></h2>',
        '<h2 id="go">Head<a class="hash-link" href="#go">\u200b</a></h2>',
        '<h2 id="go"><button aria-expanded="false">Head</button></h2>',
        '<h2 id="go">Head <button>Copy link</button></h2>',
    ],
)
def test_anchors_of_headings(heading: str) -> None:
    assert body(f"<p>before</p>{heading}<p>after</p>") == [((), "", ["before"]), (("Head",), "go", ["after"])]


def test_an_anchor_that_text_follows_is_not_the_next_headings() -> None:
    assert body('<section id="a"><p>text</p><h2>Head</h2><p>x</p></section>')[1] == (("Head",), "", ["x"])


def test_blocks() -> None:
    document = read(
        "<p>One<br>two<p>Three <b>bold</i> text</p><ol start=3><li>a<ul><li>b</ul><li><p>c</p><pre>d  e\nf</pre></ol>"
        "<dl><dt>Term<dd>Meaning<dt>Other<dd>Sense</dl><pre><code>x = 1\n  y</code></pre>"
        "<table><caption>Prices</caption><thead><tr><th>A<th>B</thead><tr><td>1<td><p>2</p><p>3</p></table>"
        "<table><tr><td>only a<tr><td>layout</table>tail",
        "a.html",
    )
    assert [(block.kind, block.text) for block in document.sections[0].blocks] == [
        ("text", "One\ntwo"),
        ("text", "Three bold text"),
        ("list", "3. a\n   - b\n4. c\n   d  e\n   f"),
        ("list", "- Term: Meaning\n- Other: Sense"),
        ("code", "x = 1\n  y"),
        ("table", "Prices\n| A | B |\n| --- | --- |\n| 1 | 2 3 |"),
        ("text", "only a"),
        ("text", "layout"),
        ("text", "tail"),
    ]


def test_a_table_without_a_header_row_gets_no_rule() -> None:
    assert body("<table><tr><td>a<td>b<tr><td>c<td>d</table>")[0][2] == ["| a | b |\n| c | d |"]


def test_icons_are_no_text_but_described_pictures_are() -> None:
    assert body('<p><img alt="warning"></p><p>Hot.</p><p><img alt="The red lever"></p>') == [
        ((), "", ["Hot.", "The red lever"])
    ]


def test_a_page_that_hides_all_of_its_text_is_taken_as_its_script_shows_it() -> None:
    assert body("<div hidden><h2>Fields</h2><p>Text.</p></div>") == [(("Fields",), "", ["Text."])]


def test_front_matter_in_meta_elements() -> None:
    document = read(
        '<title>x</title><meta name="polydesk:title" content="Lost cards">'
        '<meta name="polydesk:audience" content="agents">'
        '<meta name="polydesk:questions" content="Where is it? | Who has it?"><p>Text.',
        "a.html",
    )
    assert (document.title, document.audience) == ("Lost cards", "agents")
    assert document.questions == ("Where is it?", "Who has it?")


def test_a_wrong_meta_element_is_named_with_its_line() -> None:
    with pytest.raises(KnowledgeFileError, match="unknown key `colour`") as caught:
        read('<title>x</title>\n<meta name="polydesk:colour" content="red"><p>Text.', "a.html")
    assert caught.value.line == 2


def test_front_matter_above_a_page() -> None:
    document = read("---\ntitle: Cards\nlanguage: es\n---\n<html lang=en><p>Texto.", "a.html")
    assert (document.title, document.language) == ("Cards", "es")


def test_the_declared_encoding_is_used() -> None:
    page = '<meta charset="iso-8859-2"><p>Příliš žluťoučký kůň</p>'.encode("iso-8859-2")
    assert outline(read(page, "a.html"))[0][2] == ["Příliš žluťoučký kůň"]


def test_machine_made_nesting_is_read() -> None:
    assert body("<div>" * 5_000 + "bottom")[0][2] == ["bottom"]
    assert "bottom" in body("<ul><li>" * 3_000 + "bottom")[0][2][0]
    assert "bottom" in body("<table><tr><td>a<td>" * 1_000 + "bottom")[-1][2][-1]


def test_character_references_to_nothing_leave_no_surrogates() -> None:
    text = body("<p>a&#xD800;b&#0;c&#x202E;d</p>")[0][2][0]
    text.encode()
    assert text.replace("\ufffd", "") == "abcd"


def test_a_page_without_text_is_refused() -> None:
    with pytest.raises(KnowledgeFileError, match="has no text"):
        read("<title>Empty</title><nav>Home</nav>", "a.html")
