from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        [
            "Dr. Smith paid $5.50 at 3 p.m. on Monday, e.g. in cash.",
            "Next one!",
            "Really?!",
            "Visit example.com.",
            "Done.",
        ],
        ["The U.S. Army came.", "J. K. Rowling wrote it.", "He took vitamin C.", "Then he left."],
        ["The answer is no.", "See fig. 3 and No. 5 of ver. 2.0.", "Wait... what?", "OK."],
        ['"Stop it."', "She left (at last).", "He said “yes.”", "Good."],
        ["Die Lieferung kommt am 3. Oktober an.", "Das kostet z. B. 25 Euro inkl. Versand.", "Siehe Nr. 5 und S. 12."],
        ["M. Dupont est arrivé.", "C'est l'art. 5 du code.", "Vraiment ?", "Oui !"],
        ["La Sra. García pagó aprox. 5,50 €.", "¿Cuándo llega?", "¡Mañana!"],
        ["Это т. е. пример.", "Ул. Ленина, д. 5.", "Конец."],
        ["Kargo 3 gün sürer.", "Prof. Dr. Ali geldi."],
        ["안녕하세요.", "반갑습니다!", "네."],
        ["هل هذا سؤال؟", "نعم، السعر 3.5 دولار.", "شكرا!"],
        ["यह पहला वाक्य है।", "डॉ. शर्मा आए।", "क्या?"],
        ["Tôi muốn trả hàng.", "Được không?"],
        ["Γεια σας.", "Πόσο κοστίζει; Ευχαριστώ."],
    ],
)
def test_sentences_of_languages_with_spaces(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["这是第一句。", "价格是3.5元，对吗？", "对！"],
        ["これはペンです。", "「はい。」", "次の文！"],
        ["สวัสดีครับ นี่คือประโยคภาษาไทยที่ค่อนข้างยาวพอสมควร", "และนี่คืออีกประโยคหนึ่งที่ยาวเช่นกัน ขอบคุณ"],
    ],
)
def test_sentences_of_languages_without_spaces(expected: list[str]) -> None:
    separator = " " if "ส" in expected[0] else ""
    assert sentences(separator.join(expected)) == expected


def test_lines_are_units_of_their_own() -> None:
    text = (
        "Heading\n- one. two\n- three\n| a | b. C |\n| --- | --- |\n| c. D | e |\n1. Press Save. Then wait.\nx = f(1.0)"
    )
    assert sentences(text) == [
        "Heading",
        "- one. two",
        "- three",
        "| a | b. C |",
        "| c. D | e |",
        "1. Press Save.",
        "Then wait.",
        "x = f(1.0)",
    ]


@given(st.text("ab Zц5.!?。।| \n-Drก\u0e32", max_size=80) | st.text(max_size=40))
def test_spans_are_in_order_and_cover_all_but_white_space_and_rules(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end
        gap = text[position:start]
        assert not gap.strip() or "---" in gap
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip() or "---" in text[position:]
