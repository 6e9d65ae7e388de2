"""Qwen3-Reranker as its model card computes it with transformers, written out again: nothing of Polydesk's is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


class Reference:
    """The model in float32 on the CPU, pair by pair.

    Args:
        folder: the model's files.

    Raises:
        ImportError: torch or transformers is not installed.
    """

    def __init__(self, folder: Path) -> None:
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        # More than one wait for each other ten times as long as this model takes.
        torch.set_num_threads(1)
        self._torch: Any = torch
        self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
        self._model: Any = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self._yes, self._no = (self.tokenizer.convert_tokens_to_ids(word) for word in ("yes", "no"))

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, special ones as such."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def pair_ids(self, instruction: str, question: str, passage: str) -> list[int]:
        """The tokens of a pair in the template."""
        pair = f"<Instruct>: {instruction}\n<Query>: {question}\n<Document>: {passage}"
        return [*self.ids(PREFIX), *self.ids(pair), *self.ids(SUFFIX)]

    def score(self, ids: list[int]) -> float:
        """The probability of "yes" among "yes" and "no" after these tokens."""
        with self._torch.inference_mode():
            logits = self._model(self._torch.tensor([ids]), logits_to_keep=1).logits[0, -1]
            return float(self._torch.softmax(logits[[self._no, self._yes]], dim=0)[1])
