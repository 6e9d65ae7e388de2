"""A loaded CrossEncoder: pairs of texts in, log-odds out, no matter what the texts hold or how long they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Event
from typing import Any, Literal

import numpy as np

from retrieval.encoder.base import Floats
from retrieval.errors import ConfigurationError
from retrieval.rerank.template import document_part, harmless, query_part

Template = Literal["auto", "qwen3", "none"]

# Pairs a pass on a CPU. It gains nothing from more, pads less with fewer, and can stop sooner.
CPU_BATCH = 8
# Cutting a text may change how its last token is read, and so where the rest begins.
MARGIN = 2
_QWEN3 = "Qwen3ForCausalLM"
# The parts are rendered here, as they are for a server; the model's own template, which sentence-transformers would
# use, differs by revision, or is for chats.
_CONCATENATED = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


class PairModel:
    """A sentence-transformers CrossEncoder with one output. Blocks; for one thread at a time.

    Args:
        template, passage_tokens, batch, threads: see `CrossEncoder`.

    Attributes:
        follows_instructions: whether there is a place for one in what the model reads.

    Raises:
        ConfigurationError: see `CrossEncoder`.
    """

    def __init__(
        self, name: str, device: str, template: Template, *, passage_tokens: int, batch: int, threads: int
    ) -> None:
        self._name = name
        self._device = device
        self._model, self._qwen3 = _load(name, device, template, threads)
        # Plain models take a text and a text; only what is rendered by a template has a place for an instruction.
        self._instructed = "message" in getattr(self._model[0], "modality_config", {})
        self.follows_instructions = self._qwen3 or self._instructed
        self._tokenizer: Any = self._model.tokenizer
        self._special = _special_tokens(self._tokenizer)
        self._longest = int(min(self._model.max_seq_length or passage_tokens * 2, 1 << 20))
        self._passage_tokens = passage_tokens
        self._batch = batch if device != "cpu" else min(batch, CPU_BATCH)
        # The first pass loads kernels; nobody's question shall wait for that.
        self.log_odds([("What is it?", "It is a passage.", "")], Event())

    @property
    def description(self) -> str:
        return f"{self._name} on {self._device}, template {'qwen3' if self._qwen3 else 'none'}"

    def log_odds(self, pairs: Sequence[tuple[str, str, str]], abandoned: Event) -> Floats:
        """The model's output for each pair, before any sigmoid.

        Args:
            pairs: question, passage and instruction of each.
            abandoned: set when nobody waits any more; the rest is left out then, and comes out as 0.

        Raises:
            RuntimeError: the device failed.
        """
        found = np.zeros(len(pairs), np.float32)
        groups: dict[tuple[str, str], list[int]] = {}
        for place, (question, _, instruction) in enumerate(pairs):
            groups.setdefault((question, instruction), []).append(place)
        for (question, instruction), places in groups.items():
            texts = self._render(question, [pairs[place][1] for place in places], instruction)
            # Like lengths together: the shorter of a pass are padded to the longest.
            order = sorted(range(len(places)), key=lambda number: len(texts[number][1]))
            for start in range(0, len(order), self._batch):
                if abandoned.is_set():
                    return found
                chosen = order[start : start + self._batch]
                found[[places[number] for number in chosen]] = self._predict(
                    [texts[number] for number in chosen], instruction
                )
        return found

    def token_ids(self, question: str, passage: str, instruction: str = "") -> list[int]:
        """What the model reads of a pair."""
        (text,) = self._render(question, [passage], instruction)
        return self._ids(text, instruction)

    def _predict(self, texts: list[tuple[str, str]], instruction: str) -> Floats:
        import torch

        scores = self._model.predict(
            texts, prompt=self._prompt(instruction), batch_size=len(texts), show_progress_bar=False,
            activation_fn=torch.nn.Identity(),
        )  # fmt: skip
        return np.asarray(scores, np.float32)

    def _render(self, question: str, passages: Sequence[str], instruction: str) -> list[tuple[str, str]]:
        """The two texts of each pair, such that the template fits behind the passage."""
        question = self._cut(self._harmless(question), self._longest // 2)
        if self._qwen3:
            question = query_part(question, instruction)
        around = len(self._ids((question, document_part("") if self._qwen3 else ""), instruction))
        limit = max(1, min(self._passage_tokens, self._longest - around - MARGIN))
        cut = [self._cut(self._harmless(passage), limit) for passage in passages]
        return [(question, document_part(text) if self._qwen3 else text) for text in cut]

    def _ids(self, text: tuple[str, str], instruction: str) -> list[int]:
        features = self._model.preprocess([text], prompt=self._prompt(instruction))
        return [int(id) for id in features["input_ids"][0]]

    def _prompt(self, instruction: str) -> str | None:
        # With Qwen3's template the instruction is in the text already.
        return instruction if instruction and self._instructed and not self._qwen3 else None

    def _harmless(self, text: str) -> str:
        """A text without the model's special tokens, which its tokenizer would take for what they are."""
        text = harmless(text)
        return self._special.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text) if self._special else text

    def _cut(self, text: str, limit: int) -> str:
        # No tokenizer makes more tokens than bytes.
        if len(text) <= limit and len(text.encode()) <= limit:
            return text
        # Not verbose, as it would warn of texts longer than the model reads: those are what is looked for.
        spans = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets = spans["offset_mapping"]
        # A character may be several tokens; one that does not fit whole is left out.
        return text if len(offsets) <= limit else text[: min(offsets[limit - 1][1], offsets[limit][0])]


def _load(name: str, device: str, template: Template, threads: int) -> tuple[Any, bool]:
    """The model, and whether Qwen3-Reranker's template is rendered here."""
    try:
        import torch
        from sentence_transformers import CrossEncoder
        from transformers import AutoConfig
        from transformers.utils import logging
    except ImportError as error:
        raise ConfigurationError(
            'reranker.kind cross_encoder needs an extra: pip install "polydesk[sentence-transformers]".'
        ) from error
    logging.disable_progress_bar()
    if threads and device == "cpu":
        torch.set_num_threads(threads)
    try:
        architectures = AutoConfig.from_pretrained(name).architectures or []
        qwen3 = template == "qwen3" or (template == "auto" and _QWEN3 in architectures)
        model = CrossEncoder(
            name, device=device,
            # As the model was saved; float32 on a CPU, whose half precision is slow or missing.
            model_kwargs={"dtype": "float32" if device == "cpu" else "auto"},
            processor_kwargs={"chat_template": _CONCATENATED} if qwen3 else None,
        ).eval()  # fmt: skip
        labels = model.num_labels
        # In half precision yes and no would be a sixteenth apart or not at all.
        heads = [path for path, _ in model.named_modules() if path.endswith("lm_head")]
        if heads:
            model.set_keep_in_fp32_modules(heads)
    # torch says with an assertion that it was built without CUDA.
    except (OSError, ValueError, ImportError, RuntimeError, AssertionError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"reranker.model: {name} cannot be loaded on {device}: {error}.") from error
    if labels != 1:
        raise ConfigurationError(f"reranker.model: {name} gives {labels} scores a pair; a reranker gives one.")
    if not getattr(model.tokenizer, "is_fast", False):
        raise ConfigurationError(f"reranker.model: the tokenizer of {name} does not tell where its tokens stand.")
    return model, qwen3


def _special_tokens(tokenizer: Any) -> re.Pattern[str] | None:
    found = sorted((token for token in tokenizer.get_added_vocab() if len(token) > 1), key=len, reverse=True)
    return re.compile("|".join(re.escape(token) for token in found)) if found else None
