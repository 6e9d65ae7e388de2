"""Whether the encoder and the index do what questions need of them."""

from __future__ import annotations

import numpy as np

from bot.doctor.finding import Finding
from bot.service import Service
from retrieval.encoder.base import Floats

SAME = ("How do I get my money back?", "¿Cómo recupero mi dinero?")
OTHER = "The battery is charged overnight in a dry room."


def encoder_tells_apart(service: Service) -> Finding:
    """The same said in two languages must be nearer than something else in one."""
    question, same, other = (_pooled(service, text) for text in (*SAME, OTHER))
    near, far = float(question @ same), float(question @ other)
    if not (np.isfinite(near) and near > far):
        return Finding(False, f"The encoder gives wrong vectors ({near:.2f} against {far:.2f}); reinstall polydesk.")
    return Finding(True, f"The encoder knows two languages' same question from another ({near:.2f} against {far:.2f}).")


def index_answers(service: Service) -> Finding:
    """Every audience that has passages finds one."""
    live = service.store.live_ids()
    vector = _pooled(service, SAME[0])
    for audience, ids in live.items():
        if ids and not service.index.query(audience, vector, 1):
            return Finding(False, f"The index finds nothing for the audience {audience}; run `polydesk rebuild`.")
    return Finding(True, f"The index answers for {len(live)} audiences.")


def _pooled(service: Service, text: str) -> Floats:
    return service.encoder.encode_questions([text])[0].pooled
