"""Pairs whose relevance nobody doubts, for the self-test: across languages, long against short, true against false."""

from __future__ import annotations

from dataclasses import dataclass

# The instruction that the models were shown most often; the desk's own may well make a true pair false.
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"

_BEIJING = "The capital of China is Beijing."
_BEIJING_LONG = (
    "Beijing is the capital of the People's Republic of China. It lies in the north of the country and has more than "
    "twenty million inhabitants. The city has been the seat of government for most of the past eight centuries; the "
    "emperors of the Ming and Qing dynasties ruled from the Forbidden City, a palace of several hundred buildings "
    "that is now a museum. Tiananmen Square lies to the south of it, with the Great Hall of the People, where the "
    "parliament meets, on its western side. Several rings of motorways run around the old town, and one of the "
    "longest underground railways in the world connects the districts. The universities in the north-west attract "
    "students from all over the country. Summers are hot and humid, winters cold, dry and windy, and in spring dust "
    "blows in from the Gobi. Parts of the Great Wall can be reached in less than two hours. As the national capital, "
    "Beijing hosts the embassies, the ministries and the headquarters of most state-owned companies."
)
_GRAVITY = (
    "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is "
    "responsible for the movement of planets around the sun."
)
_REFUND = "Eine Rückerstattung dauert fünf Werktage, nachdem das Paket in unserem Lager angekommen ist."
_BICYCLE = (
    "Clean the chain of your bicycle with a dry cloth after every ride in the rain, then put a drop of oil on each "
    "link and wipe off what is left over. Check the pressure of the tyres once a week: too little of it wears out the"
    " rubber and makes riding hard work. The brake pads should be replaced when the grooves in them have vanished. If"
    " the gears skip, turn the barrel adjuster at the derailleur by a quarter of a turn and try again. The saddle has"
    " the right height when your leg is almost straight at the lowest point of the pedal. Tighten the bolts of the "
    "handlebar and the stem to the torque printed on them, and never use grease on the surface of a disc brake. Keep "
    "the battery of an electric bicycle at room temperature in winter, and charge it to about two thirds if you are "
    "not going to ride for some weeks. A yearly service by a workshop finds cracks in the frame and worn bearings "
    "before they turn into something dangerous."
)

DOCUMENTS = (_BEIJING, _BEIJING_LONG, _GRAVITY, _REFUND, _BICYCLE)


@dataclass(frozen=True, slots=True)
class Canary:
    """A question, and the places in `DOCUMENTS` of what answers it; none of the others does."""

    question: str
    answers: frozenset[int]


CANARIES = (
    Canary("What is the capital of China?", frozenset({0, 1})),
    Canary("Was ist die Hauptstadt von China?", frozenset({0, 1})),
    Canary("什么是重力？", frozenset({2})),
    Canary("How long does a refund take?", frozenset({3})),
)
