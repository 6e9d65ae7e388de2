"""Ways of putting the pairs of one question through a decoder: what is padded, and how much at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from retrieval.encoder.base import Floats


@dataclass(frozen=True, slots=True)
class Rows:
    """The tokens of the pairs of one question.

    Attributes:
        prefix: template, instruction and question, the same in each.
        rest: of each pair, passage and the template's end.
    """

    prefix: tuple[int, ...]
    rest: tuple[tuple[int, ...], ...]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each pair as a whole."""
        return [len(self.prefix) + len(row) for row in self.rest]


# Model (without a head), rows, device → the score of each row, on the device, in the rows' order.
Batching = Callable[[Any, Rows, str], Any]


def whole(model: Any, rows: Rows, device: str, *, batch: int, ordered: bool) -> Any:
    """Pairs as they are, so many a pass, padded on the right.

    What is on the right of a token does not reach it, so the padding needs no mask, and attention can use its fastest
    kernel; the last token of each row is looked up.
    """
    import torch

    found = torch.zeros(len(rows.rest), device=device)
    for places in _batches(rows, batch, ordered):
        ids, last = _padded([rows.prefix + rows.rest[place] for place in places], device)
        states = model(input_ids=ids, use_cache=False).last_hidden_state
        found[places] = _scores(model, states, last)
    return found


def masked(model: Any, rows: Rows, device: str, *, batch: int, ordered: bool) -> Any:
    """As sentence-transformers, and so the desk's cross_encoder, does it: padded on the left, with a mask."""
    import torch

    found = torch.zeros(len(rows.rest), device=device)
    for places in _batches(rows, batch, ordered):
        texts = [rows.prefix + rows.rest[place] for place in places]
        width = max(len(text) for text in texts)
        ids = torch.tensor([[0] * (width - len(text)) + list(text) for text in texts], device=device)
        mask = torch.tensor([[0] * (width - len(text)) + [1] * len(text) for text in texts], device=device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        states = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state
        found[places] = _scores(model, states, torch.full((len(texts),), width - 1, device=device))
    return found


def shared(model: Any, rows: Rows, device: str, *, batch: int, ordered: bool) -> Any:
    """What all pairs begin with goes through the model once; its keys and values are lent to every row."""
    import torch

    found = torch.zeros(len(rows.rest), device=device)
    first = model(input_ids=torch.tensor([rows.prefix], device=device), use_cache=True).past_key_values
    length = len(rows.prefix)
    for places in _batches(rows, batch, ordered):
        ids, last = _padded([rows.rest[place] for place in places], device)
        cache = _repeated(first, len(places))
        positions = torch.arange(length, length + ids.shape[1], device=device).unsqueeze(0)
        states = model(input_ids=ids, past_key_values=cache, position_ids=positions, use_cache=True).last_hidden_state
        found[places] = _scores(model, states, last)
    return found


BATCHINGS: Mapping[str, Batching] = {
    "one by one": partial(whole, batch=1, ordered=False),
    "batches of 8, as they come": partial(whole, batch=8, ordered=False),
    "batches of 8, by length": partial(whole, batch=8, ordered=True),
    "batches of 16, by length": partial(whole, batch=16, ordered=True),
    "batches of 25, by length": partial(whole, batch=25, ordered=True),
    "all at once": partial(whole, batch=1_000, ordered=False),
    "all at once, as sentence-transformers pads": partial(masked, batch=1_000, ordered=False),
    "batches of 16, by length, as sentence-transformers pads": partial(masked, batch=16, ordered=True),
    "prefix shared, all at once": partial(shared, batch=1_000, ordered=False),
    "prefix shared, batches of 16, by length": partial(shared, batch=16, ordered=True),
}


def agreement(scores: Floats, expected: Floats) -> float:
    """Correlation of two ways' scores; a little below 1, as rounding differs with the shape of every product."""
    return float(np.corrcoef(scores, expected)[0, 1])


def _batches(rows: Rows, batch: int, ordered: bool) -> list[list[int]]:
    places = list(range(len(rows.rest)))
    if ordered:
        places.sort(key=lambda place: len(rows.rest[place]))
    return [places[start : start + batch] for start in range(0, len(places), batch)]


def _padded(texts: Sequence[Sequence[int]], device: str) -> tuple[Any, Any]:
    """Ids of shape (rows, longest), padded on the right, and the place of each row's last token."""
    import torch

    width = max(len(text) for text in texts)
    ids = torch.tensor([[*text, *[0] * (width - len(text))] for text in texts], device=device)
    return ids, torch.tensor([len(text) - 1 for text in texts], device=device)


def _scores(model: Any, states: Any, last: Any) -> Any:
    """The logit of "yes" less that of "no"; any two rows of the (tied) embeddings will do."""
    import torch

    rows = states[torch.arange(len(last), device=states.device), last].float()
    embeddings = model.get_input_embeddings().weight
    return rows @ (embeddings[1].float() - embeddings[0].float())


def _repeated(cache: Any, times: int) -> Any:
    """The keys and values of a row for so many rows; views of the same memory."""
    from transformers import DynamicCache

    layers = [(layer.keys, layer.values) for layer in cache.layers]
    return DynamicCache([(keys.expand(times, -1, -1, -1), values.expand(times, -1, -1, -1)) for keys, values in layers])
