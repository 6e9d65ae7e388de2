"""One passage in several languages, for the tests of folding."""

HEADING = "Lark Trail 7"
SPECIFICATION = {
    "en": "Motor: Bosch Performance Line CX with 85 Nm. Battery: Bosch PowerTube, 625 Wh. Gears: Shimano Deore XT, "
    "12 speeds. Brakes: Magura MT5.",
    "de": "Motor: Bosch Performance Line CX mit 85 Nm. Akku: Bosch PowerTube, 625 Wh. Schaltung: Shimano Deore XT, "
    "12 Gänge. Bremsen: Magura MT5.",
    "es": "Motor: Bosch Performance Line CX de 85 Nm. Batería: Bosch PowerTube, 625 Wh. Cambio: Shimano Deore XT, "
    "12 velocidades. Frenos: Magura MT5.",
    "ru": "Мотор: Bosch Performance Line CX, 85 Нм. Аккумулятор: Bosch PowerTube, 625 Вт·ч. Переключатель: Shimano "
    "Deore XT, 12 скоростей. Тормоза: Magura MT5.",
    "zh": "电机：Bosch Performance Line CX，85 Nm。电池：Bosch PowerTube，625 Wh。变速：Shimano Deore XT，"
    "12 速。刹车：Magura MT5。",
}
