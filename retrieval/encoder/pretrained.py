"""Loads a sentence-transformers model, and says which prompts it takes and what tells it from another."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Literal

import numpy as np

from retrieval.encoder.base import Floats
from retrieval.errors import ConfigurationError

Task = Literal["query", "document"]

# Which of a model's named prompts stands before which kind of text, as in sentence-transformers itself.
_PROMPT_NAMES: dict[Task, tuple[str, ...]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
# The E5 models were trained with these, but come without saying so.
_E5 = re.compile(r"(^|[-_/])e5[-_](?!.*instruct)", re.IGNORECASE)
_E5_PROMPTS: dict[Task, str] = {"query": "query: ", "document": "passage: "}
# Values of each tensor that go into the fingerprint: training changes them all, and reading gigabytes takes seconds.
_SAMPLE = 64


def load_model(name: str, device: str, threads: int) -> Any:
    """A SentenceTransformer that also gives the states of its layers.

    Raises:
        ConfigurationError: when the extra is missing, or the model cannot be loaded or lacks what is needed.
    """
    if not name:
        raise ConfigurationError("encoder.model names no model; encoder.kind sentence_transformers needs one.")
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise ConfigurationError(
            'encoder.kind sentence_transformers needs an extra: pip install "polydesk[sentence-transformers]".'
        ) from error
    logging.disable_progress_bar()
    if threads and device == "cpu":
        torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(name, device=device, config_kwargs={"output_hidden_states": True})
    # torch says with an assertion that it was built without CUDA.
    except (OSError, ValueError, ImportError, RuntimeError, AssertionError) as error:
        raise ConfigurationError(f"encoder.model: {name} cannot be loaded on {device}: {error}.") from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise ConfigurationError(f"encoder.model: the tokenizer of {name} does not tell where its tokens stand.")
    return model.eval()


def prompts(model: Any, name: str) -> dict[Task, str]:
    """What the model wants before a question and before a passage."""
    own = {
        task: next((model.prompts[key] for key in keys if model.prompts.get(key)), "")
        for task, keys in _PROMPT_NAMES.items()
    }
    return own if any(own.values()) or not _E5.search(name) else _E5_PROMPTS


def fingerprint(model: Any, texts: dict[Task, str]) -> str:
    """A short hash of what vectors depend on: some values of each tensor, pooling and what follows, prompts, length."""
    settings = [module.get_config_dict() for module in list(model)[1:] if hasattr(module, "get_config_dict")]
    described = [settings, texts, model.max_seq_length, model.truncate_dim]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.state_dict().items()):
        # Not used here, and drawn anew at every start where the model came without it.
        if ".pooler." in name:
            continue
        values = tensor.reshape(-1)
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(floats(values[:: max(1, len(values) // _SAMPLE)]).tobytes())
    return digest.hexdigest()[:12]


def floats(tensor: Any) -> Floats:
    """A tensor of any precision, on any device, as an array."""
    return np.asarray(tensor.float().cpu().numpy(), np.float32)
