"""Texts that the tests of encoders share."""

# One sentence in the languages that the tests ask in.
REFUND = {
    "en": "How long does it take until I get my money back?",
    "de": "Wie lange dauert es, bis ich mein Geld zurückbekomme?",
    "es": "¿Cuánto tarda la devolución de mi dinero?",
    "fr": "Combien de temps faut-il pour être remboursé ?",
    "pt": "Quanto tempo leva para eu receber o meu dinheiro de volta?",
    "ru": "Через сколько времени мне вернут деньги?",
    "zh": "退款需要多长时间才能到账？",
    "ja": "返金されるまでどのくらいかかりますか？",
    "ko": "환불을 받기까지 얼마나 걸리나요?",
    "ar": "كم من الوقت يستغرق استرداد أموالي؟",
    "hi": "मुझे अपना पैसा वापस मिलने में कितना समय लगेगा?",
    "vi": "Mất bao lâu thì tôi nhận lại được tiền?",
}
# Another one, as unlike as can be.
LAMP = {
    "en": "The front lamp flickers when I ride over cobblestones.",
    "de": "Das Vorderlicht flackert, wenn ich über Kopfsteinpflaster fahre.",
    "es": "El faro delantero parpadea cuando paso por adoquines.",
    "fr": "Le phare avant clignote quand je roule sur des pavés.",
    "pt": "O farol dianteiro pisca quando ando sobre paralelepípedos.",
    "ru": "Передняя фара мигает, когда я еду по брусчатке.",
    "zh": "骑过石子路时前灯会闪烁。",
    "ja": "石畳の上を走ると前照灯がちらつきます。",
    "ko": "자갈길을 달리면 앞 전조등이 깜빡거립니다.",
    "ar": "يومض المصباح الأمامي عندما أقود على الأرصفة الحجرية.",
    "hi": "पत्थर की सड़क पर चलाने पर आगे की बत्ती टिमटिमाती है।",
    "vi": "Đèn trước nhấp nháy khi tôi chạy qua đường lát đá.",
}
# Texts that the model reads otherwise than they are written.
UNUSUAL = (
    "ﬁnance oﬃce",
    "ＡＢＣ　１２３ ２０ °C",
    "wait… what",
    "a  b   c",
    "  in front and behind  ",
    "👩\u200d🚀 rocket 🚀",
    "zero\u200bwidth\u200d",
    "\ufeffmark",
    "é and e\u0301",
    "½ ㎏ ① ℃ ﷺ",
    "한글 \u1112\u1161\u11ab",
    "tab\tand\nlines\n\n- item",
    "soft\u00adhyphen",
    "`git commit --amend` → E07, ORD-2024/118",
)
