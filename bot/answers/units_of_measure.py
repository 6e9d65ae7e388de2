"""What numbers count: time, money, shares, lengths, weights, in the words of many languages.

One class for all words of one unit. A word that is missing here only means that the number is compared without it.
"""

from __future__ import annotations

import re

# Each alternative stands right after its number, or after one word such as "working"; longer ones first.
_AFTER = {
    "second": r"sec(?:ond)?s?\b|sekunden?|segundos?|secondes?|second[oi]\b|seconden?"
    r"|секунд\w*|ثاني[هة]|ثوان|सेकंड|秒|초",
    "minute": r"min(?:ute|uto|uut|uti)?[sn]?\b|minuten|минут\w*|мин\b|دقيق\w+|دقائق|मिनट|分钟|分鐘|分間?(?!之)|분",
    "hour": r"h\b|hrs?\b|hours?|stunden?|horas?|heures?|or[ae]\b|uur"
    r"|uren|час(?:а|ов|у|ам|ами)?\b|ساع[هةا]\w*|घंट|घण्ट"
    r"|小时|小時|个小时|時間|시간|godzin\w*|saat",
    "day": r"d\b|days?|(?:werk|arbeits|kalender)?tage?[ns]?\b"
    r"|d[ií]as?|jours?|journées?|giorn[io]|(?:werk)?dag(?:en)?"
    r"|дн(?:я|ей|ям|ями|ю)|день|сут(?:ки|ок)|يوم\w*"
    r"|ايام|दिन|天|日間|営業日|工作日|个工作日|個工作日|日(?!元)|영업일|일(?!월)"
    r"|dni|gün\w*|ngày",
    "week": r"weeks?|wochen?|semanas?|semaines?|settiman[ae]|we(?:ek"
    r"|ken)\b|недел\w+|اسبوع\w*|اسابيع|सप्ताह|हफ्त|हफ़्त"
    r"|周|週間?|个星期|星期|주일?|tygodni\w*|hafta|tuần",
    "month": r"months?|monate?n?|mes(?:es)?\b|mois|mes[ei]\b|maand(?:en)?|месяц\w*|شهر\w*|اشهر|شهور|महीन|माह"
    r"|个月|個月|か月|ヶ月|カ月|箇月|개월|달|miesi\w+|ay\b|tháng",
    "year": r"yrs?\b|years?|jahre?n?s?\b|años?|ans?\b|années?|ann[io]\b"
    r"|anos?\b|jaar|jaren|год\w*|лет\b|سن[هة]\w*|سنوات"
    r"|سنين|عام\w*|اعوام|वर्ष|साल|年間?|년간?|lat\b|yıl\w*|năm",
    "percent": r"%|per ?cent|prozent|por ciento|por cento"
    r"|pour ?cent|per cento|procent\w*|процент\w*|بالمئ[هة]|بالمائ[هة]"
    r"|في المئ[هة]|في المائ[هة]|प्रतिशत|퍼센트|パーセント|个百分点",
    "EUR": r"€|eur\b|euros?\b|евро|يورو|यूरो|欧元|歐元|ユーロ|유로",
    "USD": r"us\$|\$|usd\b|(?:us-?)?dollars?\b|d[óo]lar\w*|доллар\w*|دولار\w*|डॉलर|美元|美金|米?ドル|달러",
    "GBP": r"£|gbp\b|pounds?\b|pfund\b|libras? esterlinas?|livres? sterling"
    r"|фунт\w*|英镑|英鎊|ポンド|파운드|जीबीपी|पाउंड",
    "CHF": r"chf\b|sfr\b|franken\b|francs? suisses?|франк\w*|瑞士法郎",
    "YEN": r"¥|￥|jpy\b|cny\b|rmb\b|yen\b|yuan\b|日元|人民币|元|円|иен\w*|юан\w*|엔|위안",
    "RUB": r"₽|rub\b|руб\w*|рубл\w*|卢布",
    "INR": r"₹|inr\b|rs\.?\b|rupees?\b|रुपये|रुपए",
    "KRW": r"₩|krw\b|원",
    "km": r"km(?:/h)?\b|kilom[eè]t\w*|kil[óo]metros?|chilometri|км(?:/ч)?\b|километр\w*"
    r"|كيلومتر\w*|كم\b|किलोमीटर|公里|千米|キロメートル|킬로미터",
    "mile": r"mph\b|mi\b|miles?\b|meilen?\b|millas?|milles?\b|mijl|мил[ьия]\w*|ميل\w*|मील|英里|マイル|마일",
    "kg": r"kgs?\b|kilos?\b|kilogram\w*|кг\b|килограмм\w*|كجم|كغ"
    r"|كيلوغرام\w*|كيلوجرام\w*|किलो(?!मीटर)|公斤|千克|キログラム|킬로그램",
    "cm": r"cm\b|zentimeter|cent[ií]m[eè]t\w*|см\b|сантиметр\w*|سم\b|厘米|センチ\w*",
    "mm": r"mm\b|millimet\w*|mil[ií]metr\w*|мм\b|ملم|مم\b|毫米|ミリ\w*",
    "degree": r"°\s?[cf]?\b|℃|grad\b|degrees?|grados?|degr[ée]s?|gradi\b"
    r"|graus|graden|градус\w*|درج\w+|डिग्री|摄氏度|度|도",
    "Wh": r"k?wh\b|wattstunden|вт·?ч|瓦时",
    "V": r"v\b|volts?\b|volt\w*|вольт\w*|فولت|伏",
    "watt": r"k?w\b|watts?\b|vatios?|ватт\w*|瓦(?!时)",
    "bar": r"bars?\b|бар\b|巴",
}  # fmt: skip
_BEFORE = {
    "EUR": r"€|eur\b",
    "USD": r"us\$|\$|usd\b",
    "GBP": r"£|gbp\b",
    "CHF": r"chf\b|sfr\.?",
    "YEN": r"¥|jpy\b|cny\b|rmb\b",
    "RUB": r"₽",
    "INR": r"₹|rs\.?",
    "KRW": r"₩",
    "percent": r"百分之|%",
}
_BETWEEN = (
    r"(?:[\s-]|\u00a0)*(?:(?:working|business|full|whole|calendar|consecutive"
    r"|more|additional|volle|weitere|ganze|рабочих|"
    r"календарных|полных|полные|कार्य|पूरे|كامل[هة]?|个|個|工作|完整的?|整|多|영업)(?:\s|(?=[^\x00-\x7f])))?"
)
_FOLLOWING = re.compile(
    _BETWEEN + "(?:" + "|".join(f"(?P<{unit}>{words})" for unit, words in _AFTER.items()) + ")", re.IGNORECASE
)
_PRECEDING = re.compile(
    "(?<![A-Za-z])(?:" + "|".join(f"(?P<{unit}>{words})" for unit, words in _BEFORE.items()) + r")[\s\u00a0]*$",
    re.IGNORECASE,
)
_UNITS_OF_ONE = ("second", "minute", "hour", "day", "week", "month", "year")
_MENTIONED = {
    unit: re.compile(rf"(?:(?<![^\W\d_])|(?<=[^\x00-\x7f]))(?:{_AFTER[unit]})", re.IGNORECASE) for unit in _UNITS_OF_ONE
}


def unit_at(text: str, start: int, end: int) -> str:
    """The unit of the number between two places of a text as `normal` gives it; "" where none is told."""
    before = _PRECEDING.search(text[max(0, start - 8) : start])
    if before and before.lastgroup:
        return before.lastgroup
    after = _FOLLOWING.match(text, end)
    return (after.lastgroup or "") if after else ""


def mentions(text: str, unit: str) -> bool:
    """Whether a text speaks of a unit of time at all: "a month" is one month."""
    pattern = _MENTIONED.get(unit)
    return bool(pattern and pattern.search(text))
