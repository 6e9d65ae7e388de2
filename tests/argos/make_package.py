"""Makes a true Argos Translate package that knows a few support sentences.

    python -m tests.argos.make_package en es en_es.argosmodel

A SentencePiece model is fitted on the sentences, a MarianMT model of some hundred thousand weights learns them by heart
in PyTorch, CTranslate2 converts it, and the parts are zipped as Argos's own packages are: metadata.json, model/,
sentencepiece.model. Nothing but loading, pivoting and the guards can be judged with it; it knows nothing else.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from ctranslate2.converters.transformers import MarianMTLoader
from transformers import MarianConfig, MarianMTModel

from bot.translate.protect import placeholder
from tests.argos.sentences import LANGUAGES, SENTENCES

NAMES = {"en": "English", "es": "Spanish", "de": "German"}
NUMBERS = ("2", "3", "5", "7", "10", "12", "14", "24", "30", "45", "60", "90")
PLACES = 4
MOST_EPOCHS, BATCH = 300, 16
# Mean loss of an epoch at which the steps become small, and at which all is known by heart, however places are filled.
NEARLY, LEARNED = 0.06, 0.003
WIDTH, LAYERS, RATE = 96, 1, 2e-3


def examples(source: str, target: str, chance: random.Random) -> list[tuple[str, str]]:
    """Each sentence in both languages, its places filled by chance."""
    said, meant = LANGUAGES.index(source), LANGUAGES.index(target)
    found: list[tuple[str, str]] = []
    for sentence in SENTENCES:
        for _ in range(4 if "{" in sentence[said] else 1):
            first, second = (placeholder(n) for n in chance.sample(range(PLACES), 2))
            filled = {"p": first, "n": second if chance.random() < 0.5 else chance.choice(NUMBERS)}
            found.append((sentence[said].format(**filled), sentence[meant].format(**filled)))
    return found


def make_package(source: str, target: str, file: Path, seed: int = 7) -> None:
    """Writes a package for one direction; takes about twenty seconds."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / f"{source}_{target}"
        folder.mkdir()
        chance = random.Random(seed)
        tokens = _fit_tokens(examples(source, target, chance), folder / "sentencepiece.model")
        model, vocabulary = _train(lambda: examples(source, target, chance), tokens, seed)
        _convert(model, vocabulary, folder / "model")
        metadata = {
            "package_version": "0.1",
            "argos_version": "1.11",
            "from_code": source,
            "from_name": NAMES[source],
            "to_code": target,
            "to_name": NAMES[target],
            "type": "translate",
        }
        (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder.parent))


def _fit_tokens(pairs: list[tuple[str, str]], file: Path) -> Any:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text for pair in pairs for text in pair]),
        model_writer=written,
        vocab_size=600,
        hard_vocab_limit=False,
        character_coverage=1.0,
        model_type="unigram",
        bos_id=-1,
        user_defined_symbols=[placeholder(n) for n in range(PLACES)] + list("0123456789"),
        num_threads=1,
        minloglevel=2,
    )
    file.write_bytes(written.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())


def _train(pairs: Callable[[], list[tuple[str, str]]], tokens: Any, seed: int) -> tuple[MarianMTModel, list[str]]:
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # So small a model is many times slower on two.
    chance = random.Random(seed)
    vocabulary = [tokens.id_to_piece(id) for id in range(tokens.get_piece_size())]
    end, pad = tokens.eos_id(), len(vocabulary)
    config = MarianConfig(
        vocab_size=pad + 1, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=2 * WIDTH, decoder_ffn_dim=2 * WIDTH,
        max_position_embeddings=128, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        scale_embedding=True, pad_token_id=pad, eos_token_id=end, decoder_start_token_id=pad, forced_eos_token_id=end,
    )  # fmt: skip
    model = MarianMTModel(config).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    warming = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / 100))
    for _ in range(MOST_EPOCHS):
        encoded = [([*tokens.encode(said), end], [*tokens.encode(meant), end]) for said, meant in pairs()]
        chance.shuffle(encoded)
        losses = []
        for start in range(0, len(encoded), BATCH):
            batch = encoded[start : start + BATCH]
            said, meant = (_padded([pair[side] for pair in batch], pad) for side in (0, 1))
            with torch.no_grad():
                model.model.shared.weight[pad] = 0  # CTranslate2 has Marian's decoder start from nothing.
            labels = meant.masked_fill(meant == pad, -100)
            loss = model(input_ids=said, attention_mask=(said != pad).long(), labels=labels).loss
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            warming.step()
            losses.append(loss.item())
        mean = sum(losses) / len(losses)
        if mean < LEARNED:
            break
        if mean < NEARLY:
            warming.base_lrs = [RATE / 6]
    return model.eval(), vocabulary


def _padded(rows: list[list[int]], pad: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])


def _convert(model: MarianMTModel, vocabulary: list[str], folder: Path) -> None:
    with torch.no_grad():
        spec = MarianMTLoader().get_model_spec(model)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.add_source_eos = True
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir()
    spec.save(str(folder))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        made_file = Path(made) / "package.argosmodel"
        make_package(sys.argv[1], sys.argv[2], made_file)
        shutil.copy(made_file, sys.argv[3])
