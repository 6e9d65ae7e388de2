"""The signs of a bad translation, in many scripts, and good translations without them."""

from __future__ import annotations

import pytest

from bot.translate.guards import doubt
from retrieval.languages import LanguageDetector


@pytest.mark.parametrize(
    ("source", "translation", "pair", "reason"),
    [
        ("Let it warm up indoors.", "", "en-es", "empty"),
        ("Let it warm up indoors.", "...", "en-es", "empty"),
        (
            "The money goes back the way it came, to the card that you paid with in our shop.",
            "El dinero.",
            "en-es",
            "length",
        ),
        ("Turn it on.", "El dinero vuelve por donde vino " * 4, "en-es", "length"),
        (
            "The battery is cold and the display is dark today.",
            "La la la la la batería está fría hoy.",
            "en-es",
            "repetition",
        ),
        (
            "The battery is cold and the display is dark.",
            "Die Batterie ist die Batterie ist die Batterie ist kalt.",
            "en-de",
            "repetition",
        ),
        ("The battery is cold and the display is dark.", "电池电池电池很冷", "en-zh", "repetition"),
        ("الشحن مجاني داخل الاتحاد الأوروبي", "الشحن مجاني داخل الاتحاد الأوروبي", "ar-en", "copy"),
        (
            "Charge the battery at room temperature with the charger.",
            "Charge the battery at room temperature con the charger.",
            "en-es",
            "copy",
        ),
        ("Hello", "Hello", "en-ar", "copy"),
        ("Keep the receipt for the warranty.", "Bewahren Sie den Beleg für die Garantie auf.", "en-es", "language"),
        (
            "Keep the receipt for the warranty.",
            "Keep this invoice because your guarantee needs that.",
            "en-es",
            "language",
        ),
        ("Keep the receipt for the warranty.", "Guarde el recibo para la garantía", "en-ar", "language"),
    ],
)
def test_signs(source: str, translation: str, pair: str, reason: str, detector: LanguageDetector) -> None:
    assert doubt(source, translation, *pair.split("-"), detector) == reason  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("source", "translation", "pair"),
    [
        ("Keep the receipt for the warranty.", "Guarde el recibo para la garantía.", "en-es"),
        (
            "We refund within five working days after the parcel has arrived at our warehouse.",
            "包裹到达我们的仓库后，我们会在五个工作日内退款。",
            "en-zh",
        ),
        (
            "包裹到达我们的仓库后，我们会在五个工作日内退款。",
            "We refund within five working days after the parcel has arrived at our warehouse.",
            "zh-en",
        ),
        ("Shipping is free within the European Union.", "الشحن مجاني داخل الاتحاد الأوروبي.", "en-ar"),
        ("Shipping is free within the European Union.", "यूरोपीय संघ के भीतर शिपिंग निःशुल्क है, कि की के लिए।", "en-hi"),
        ("Shipping is free.", "배송은 무료입니다.", "en-ko"),
        ("Shipping is free.", "送料は無料です。", "en-ja"),
        ("Hotel", "Hotel", "en-de"),
        ("OK", "Está bien", "en-es"),
        ("No, no, no!", "¡No, no, no!", "en-es"),
        (" -  ", " -  ", "en-es"),
        ("Open the app.", "Öffnen Sie die App.", "en-de"),
    ],
)
def test_no_signs(source: str, translation: str, pair: str, detector: LanguageDetector) -> None:
    assert doubt(source, translation, *pair.split("-"), detector) == ""  # type: ignore[call-arg]
