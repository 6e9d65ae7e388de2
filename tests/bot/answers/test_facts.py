from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.answers.facts import lacking
from retrieval.passages import Passage


def passage(text: str, language: str = "en") -> Passage:
    return Passage("a.md", "T", "https://shop.example/x", "frame", ("T",), text, "public", language)


SAME = [
    ("de", "Wir erstatten innerhalb von 5 Werktagen.", "en", "We refund within five working days."),
    ("zh", "我们在5个工作日内退款。", "en", "We refund within five working days."),
    ("zh", "我们在五个工作日内退款。", "en", "We refund within 5 working days."),
    ("ar", "نرد المبلغ خلال خمسة أيام عمل.", "en", "We refund within 5 working days."),
    ("ar", "نرد المبلغ خلال ٥ أيام عمل.", "en", "We refund within five working days."),
    ("ru", "В течение пяти рабочих дней.", "en", "within five working days."),
    ("es", "Hasta el 24 de diciembre", "en", "until 24 December"),
    ("de", "bis zum 24. Dezember 2026", "en", "until December 24, 2026"),
    ("de", "bis zum 24.12.2026", "en", "until 24 December 2026"),
    ("zh", "直到12月24日", "en", "until 24 December"),
    ("ru", "До 24 декабря", "en", "until 24 December"),
    ("de", "Es kostet 1.000 €", "en", "It costs €1,000."),
    ("de", "Es kostet 1.234,50 €", "en", "It costs €1,234.50."),
    ("en", "It costs 1 000 euros", "de", "Es kostet 1.000 Euro"),
    ("de", "1,2 Millionen Menschen", "en", "1.2 million people"),
    ("zh", "120万人", "en", "1.2 million people"),
    ("de", "Geöffnet Montag bis Freitag von 9 bis 17 Uhr", "en", "Open Monday to Friday, 9 a.m. to 5 p.m."),
    ("en", "Open from 9 a.m. to 5 p.m. on Wednesday", "de", "Montag bis Freitag 9:00–17:00 Uhr"),
    ("de", "Warten Sie 1 Stunde", "en", "Wait an hour"),
    ("de", "zwei Jahre Garantie", "en", "The battery has a two-year warranty"),
    ("zh", "二年保修", "en", "two years of warranty"),
    ("hi", "2 साल की वारंटी", "en", "two years of warranty"),
    ("hi", "दस दिन", "en", "10 days"),
    ("ko", "다섯 시간", "en", "5 hours"),
    ("ja", "5時間で充電", "en", "five hours"),
    ("ja", "五時間", "en", "5 hours"),
    ("de", "Schreiben Sie an help@shop.example", "en", "Write to help@shop.example."),
    ("en", "See https://shop.example/x#frame", "en", "hi"),
    ("de", "Fehler E07", "en", "Error E07 means"),
    ("de", "im 19. Jahrhundert", "en", "in the 19th century"),
    ("ru", "в XIX веке", "en", "in the 19th century"),
    ("zh", "20世纪90年代", "en", "in the 1990s"),
    ("de", "6,5 Sacks", "en", "6½ sacks"),
    ("en", "Call +49 30 1234567", "en", "Phone: +49 (30) 123 45 67"),
    ("ru", "unter 25 км/ч", "en", "below 25 km/h"),
    ("zh", "三分之一", "en", "a third"),
    ("zh", "第三方", "en", "third parties"),
    ("hi", "एक घंटा", "en", "one hour"),
    ("fr", "quatre-vingt-dix jours", "en", "90 days"),
    ("fr", "quinze jours", "en", "15 days"),
    ("fr", "Vingt et un jours", "en", "21 days"),
    ("de", "Der Vergleich dauert 8 ½ Stunden.", "en", "It takes 8 1⁄2 hours."),
    ("ar", "كان عمره السادسة عشرة", "en", "when he was 16"),
    ("de", "vor fast hundert Jahren", "en", "almost a hundred years ago"),
    ("ru", "Они часто используются в этой среде.", "en", "They are often used in this environment."),
    ("zh", "每周三次", "en", "three times a week"),
    ("ar", "يعمل أحد الموظفين يوم الجمعة", "en", "One of our staff works on Friday."),
    ("en", "The gap is 1,435 mm.", "en", "It is 1435 mm wide."),
]
CHANGED = [
    ("de", "Wir erstatten innerhalb von 7 Werktagen.", "en", "We refund within five working days."),
    ("en", "We refund within ten working days.", "en", "We refund within five working days."),
    ("zh", "七个工作日", "en", "We refund within five working days."),
    ("ar", "خلال سبعة أيام", "en", "We refund within five working days."),
    ("ar", "خلال ٧ أيام", "en", "We refund within five working days."),
    ("ru", "семи рабочих дней", "en", "We refund within five working days."),
    ("de", "5 Wochen", "en", "We refund within five working days."),
    ("de", "bis zum 24. November", "en", "until 24 December"),
    ("en", "24 November", "en", "from 24 October to 3 November"),
    ("de", "24.11.2026", "en", "until 24 December 2026"),
    ("zh", "11月24日", "en", "until 24 December"),
    ("en", "$40", "en", "It costs €40"),
    ("es", "40 dólares", "en", "It costs €40"),
    ("de", "49,90 €", "en", "49.00 €"),
    ("en", "1,000", "de", "1.000.000 Euro"),
    ("de", "am Samstag", "en", "Open Monday to Friday"),
    ("es", "en sábado", "en", "Open Monday to Friday"),
    ("de", "Fehler E08", "en", "Error E07 means"),
    ("en", "visit evil.com", "en", "hi"),
    ("de", "[hier](https://evil.example)", "en", "hi"),
    ("ru", "25 миль", "en", "25 km"),
    ("de", "zehntägige Frist", "en", "five-day period"),
    ("ko", "열 시간", "en", "5 hours"),
    ("ja", "十時間", "en", "5 hours"),
    ("hi", "दस दिन", "en", "5 days"),
]


@pytest.mark.parametrize(("language", "claim", "spoken", "text"), SAME)
def test_a_fact_written_another_way_is_the_same(language: str, claim: str, spoken: str, text: str) -> None:
    assert lacking(claim, language, [passage(text, spoken)]) is None


@pytest.mark.parametrize(("language", "claim", "spoken", "text"), CHANGED)
def test_a_changed_fact_is_found(language: str, claim: str, spoken: str, text: str) -> None:
    assert lacking(claim, language, [passage(text, spoken)]) is not None


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Call +49 30 7654321.", "link"),
        ("Write to evil@shop.example.", "link"),
        ("See <img src=x>.", "link"),
        ("It is part BX-900.", "code"),
        ("It takes 6 days.", "number"),
        ("It takes 5 weeks.", "unit"),
        ("It ends on 24 May.", "date"),
    ],
)
def test_the_reason_is_named(claim: str, reason: str) -> None:
    text = "Call +49 30 1234567 within 5 days, or write to help@shop.example. BX-500 was made until 24 December."
    assert lacking(claim, "en", [passage(text)]) == reason


def test_the_facts_of_all_cited_passages_count_together() -> None:
    both = [passage("The frame has five years."), passage("The battery has two years.")]
    assert lacking("Five years for the frame and two for the battery.", "en", both) is None
    assert lacking("Five years for the frame and two for the battery.", "en", both[:1]) == "number"


def test_what_editors_ask_is_no_evidence() -> None:
    hinted = Passage("a.md", "T", "", "", ("T",), "Ask us.", "public", "en", hints="Can I return it after 60 days?")
    assert lacking("You can return it after 60 days.", "en", [hinted]) == "number"


LINKS = (
    "See https://shop.example.com/help-center/refunds#costs or https://www.bikes.example/faq?page=2, write to "
    "first+support@example.com, or call 030 / 123 45 67 24/7, abroad +49 (0)40 7654321.\n2026: 查看news.example吧。"
)


@pytest.mark.parametrize(
    "claim",
    [
        "See https://shop.example.co.",
        "See https://ample.com.",
        "See op.example.",
        "See example.com.",
        "See https://shop.example.com/help-center/ref",
        "See https://shop.example.com/help-center",
        "See https://shop.example.com/refunds",
        "See https://shop.example.com/help-center/refunds/all",
        "See https://shop.example.com@evil.example/help-center/refunds",
        "See https://bikes.example/faq",
        "See https://bikes.example/faq?page=21",
        "Write to rt@example.com.",
        "Write to support@example.com.",
        "Write to first+support@example.co.",
        "Call 030 123 45 6.",
        "Call 030 12345.",
        "Call 030 123 45 678.",
        "Call +49 40 765432.",
    ],
)
def test_a_part_of_an_address_or_a_longer_one_is_another(claim: str) -> None:
    assert lacking(claim, "en", [passage(LINKS)]) == "link"


@pytest.mark.parametrize(
    "claim",
    [
        "See https://shop.example.com/help-center/refunds#costs.",
        "See https://shop.example.com/help-center/refunds/.",
        "See [here](http://shop.example.com/help-center/refunds)!",
        "See shop.example.com.",
        "See https://www.shop.example.com/",
        "See www.bikes.example or bikes.example/faq?page=2.",
        "See news.example.",
        "Write to First+Support@example.com.",
        "Call 030 1234567.",
        "Call (030) 123-4567.",
        "Call 040 7654321.",
    ],
)
def test_an_address_stands_however_it_is_written(claim: str) -> None:
    assert lacking(claim, "en", [passage(LINKS)]) is None


@pytest.mark.parametrize(
    ("claim", "text", "reason"),
    [
        ("1234 1/2 sacks", "1234½ sacks", None),
        ("8 1/3 hours", "8⅓ hours", None),
        ("8 1/8 hours", "8⅛ hours", None),
        ("1231 1/2 sacks", "1234 1/2 sacks", "number"),
        ("100 1/2 sacks", "100 sacks", "number"),
        ("8⅕ hours", "8.2 hours", None),
        ("8⅕ hours", "81/5 hours", "number"),
    ],
)
def test_a_fraction_is_read_exactly(claim: str, text: str, reason: str | None) -> None:
    assert lacking(claim, "en", [passage(text)]) == reason


FACTS = st.text(st.sampled_from("0123456789٣½⅓/.,:'()+-@ \n%€h年月日十百千万亿二〇兆日삼백천 IVXaemilond"), max_size=60)


@given(st.one_of(st.text(), FACTS), st.one_of(st.text(), FACTS), st.sampled_from(["en", "de", "zh", "ja", "ko", "hi"]))
@example("9" * 310 + " 1/2", "1" * 310 + "½", "en")
@example("二" * 5_000, "十" * 5_000, "zh")
@example("이" * 5_000 + " 일", "1" + "兆" * 5_000, "ko")
@example("9" * 5_000 + "兆" * 1_000, "9" * 5_000, "zh")
@example("1" + " trillion" * 1_000, "1", "en")
@example("https://" + "a." * 5_000, "+" + "1 " * 5_000, "en")
def test_any_text_can_be_checked(claim: str, text: str, language: str) -> None:
    assert lacking(claim, language, [passage(text, language)]) in (None, "link", "code", "number", "date", "unit")
