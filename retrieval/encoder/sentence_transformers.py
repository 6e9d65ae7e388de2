"""Any sentence-transformers model as the encoder, on CPU or GPU. Needs the extra "sentence-transformers".

Prompts, pooling and normalisation are the model's own; the token states come from the same pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.base import Encoded, Floats
from retrieval.encoder.pretrained import Task, fingerprint, floats, load_model, prompts
from retrieval.encoder.projection import PROJECTIONS, Projection, load_projection, plain_projection, unit
from retrieval.errors import ConfigurationError

# Texts a pass. The states of all layers are held until it ends: in Qwen3-Embedding-4B, of 300 tokens each, 1 GB.
BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """A text as the model gives it, before projection.

    Attributes:
        pooled: unit length, shape (dimension,).
        layers: token states of a middle layer and of the last, each of shape (tokens, width), without prompt and
            special tokens.
        offsets: as in `Encoded`.
    """

    pooled: Floats
    layers: tuple[Floats, ...]
    offsets: NDArray[np.int32]


class SentenceTransformersEncoder:
    """Encodes with a sentence-transformers model.

    Args:
        model: its name on the Hugging Face hub, or its folder.
        device: "cpu", "cuda", "cuda:1", …
        threads: of torch on the CPU, for the whole process; 0 leaves torch's own choice.
        data_dir: where `projections/<fingerprint>.npz`, made by scripts/fit_projection.py, is looked for. Without it
            pooled vectors stay as they are.

    Raises:
        ConfigurationError: when the extra is missing, or the model cannot be loaded or lacks what is needed.
    """

    def __init__(self, model: str, *, device: str = "cpu", threads: int = 1, data_dir: Path | None = None) -> None:
        self._model = load_model(model, device, threads)
        # A folder may be moved without its vectors becoming others.
        self._name = Path(model).name if Path(model).is_dir() else model
        self._prompts = prompts(self._model, self._name)
        # A tokenizer's padding and truncation are its state; a pass has all of torch's threads already.
        self._tokenizer_lock = Lock()
        self._model_lock = Lock()
        self.fingerprint = fingerprint(self._model, self._prompts)
        self._projection = self._find_projection(data_dir)

    @property
    def identity(self) -> str:
        return f"{self._name} {self.fingerprint} projection-{self._projection.identity}"

    @property
    def dimension(self) -> int:
        return int(self._projection.pooled.matrix.shape[1])

    @property
    def token_dimension(self) -> int:
        return int(self._projection.layers[0].matrix.shape[1])

    def count_tokens(self, text: str) -> int:
        with self._tokenizer_lock:
            # Not verbose, as it would warn of texts longer than the model reads: those are what is counted here.
            return len(self._model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def offsets(self, text: str) -> NDArray[np.int32]:
        ((_, offsets),) = self._own_tokens("document", [text], self._features("document", [text]))
        return offsets

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        return [self._encoded(states) for states in self.states("query", texts)]

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return [self._encoded(states) for states in self.states("document", texts)]

    def states(self, task: Task, texts: Sequence[str]) -> list[States]:
        """The texts as the model gives them."""
        found: list[States] = []
        for start in range(0, len(texts), BATCH):
            found += self._states(task, texts[start : start + BATCH])
        return found

    def close(self) -> None:
        """Nothing to end: the memory goes with the object."""

    def _states(self, task: Task, texts: Sequence[str]) -> list[States]:
        import torch
        from sentence_transformers.util import batch_to_device

        features = self._features(task, texts)
        own = self._own_tokens(task, texts, features)
        with self._model_lock, torch.inference_mode():
            output = self._model(batch_to_device(features, self._model.device), task=task)
            pooled = unit(floats(output["sentence_embedding"])[:, : self._model.truncate_dim])
            layers = [floats(layer) for layer in self._kept(output)]
        return [
            States(pooled[row], tuple(layer[row][places] for layer in layers), offsets)
            for row, (places, offsets) in enumerate(own)
        ]

    def _features(self, task: Task, texts: Sequence[str]) -> dict[str, Any]:
        """What the model reads, and the spans of its tokens."""
        # A space for an empty text: of a model without special tokens nothing would be left.
        given = [text or " " for text in texts]
        wanted = {"text": {"return_offsets_mapping": True, "return_special_tokens_mask": True}}
        with self._tokenizer_lock:
            features: dict[str, Any] = self._model.preprocess(
                given, prompt=self._prompts[task], task=task, processing_kwargs=wanted
            )
        if features.get("modality", "text") != "text" or "offset_mapping" not in features:
            raise ConfigurationError(f"encoder.model: {self._name} reads chats or pictures, not plain text.")
        return features

    def _own_tokens(
        self, task: Task, texts: Sequence[str], features: dict[str, Any]
    ) -> list[tuple[NDArray[np.intp], NDArray[np.int32]]]:
        """For each text the places of its own tokens among all, and their spans."""
        spans = np.asarray(features.pop("offset_mapping"), np.int32) - len(self._prompts[task])
        special = np.asarray(features.pop("special_tokens_mask"), np.bool_)
        own = np.asarray(features["attention_mask"], np.bool_) & ~special & (spans[..., 1] > 0)
        found = []
        for row, text in enumerate(texts):
            places = np.flatnonzero(own[row] & (spans[row, :, 0] < len(text)))
            found.append((places, np.clip(spans[row, places], 0, len(text))))
        return found

    def _kept(self, output: dict[str, Any]) -> tuple[Any, Any]:
        """The layer two thirds up (8 of 12) and the last. The first of the model's states are its embeddings."""
        layers = output.get("all_layer_embeddings")
        if not layers:
            raise ConfigurationError(f"encoder.model: {self._name} does not give the states of its layers.")
        return layers[round((len(layers) - 1) * 2 / 3)], layers[-1]

    def _encoded(self, states: States) -> Encoded:
        layers = zip(self._projection.layers, states.layers, strict=True)
        pooled = self._projection.pooled(states.pooled)
        return Encoded(pooled, tuple(project(layer) for project, layer in layers), states.offsets)

    def _find_projection(self, data_dir: Path | None) -> Projection:
        (probe,) = self.states("query", ["probe"])
        fitted = data_dir / PROJECTIONS / f"{self.fingerprint}.npz" if data_dir else None
        if fitted and fitted.exists():
            return load_projection(fitted)
        width = probe.layers[0].shape[1]
        plain = plain_projection(width, width - width % 8, len(probe.layers))
        pooled = plain_projection(len(probe.pooled), 8, 0).pooled
        return Projection(pooled, plain.layers, plain.identity)
