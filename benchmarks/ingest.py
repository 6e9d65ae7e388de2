"""Passages a second that ingest takes from files to answers, against the plain way to fill a vector database.

`--limit` bounds the files (300 where not given). Both sides have `--threads` threads. Ours reads, parses and splits the
files, keeps texts and two layers of token vectors in SQL and publishes; the baseline is given the split passages.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings as ChromaSettings

from benchmarks.options import MissingOption, Options
from benchmarks.passages import copy_files, encoded_texts, passages_of
from benchmarks.result import Result
from benchmarks.timing import stopwatch
from benchmarks.torch_baseline import installed, plain_model
from bot.config import Settings
from bot.service import Service
from retrieval.encoder import create_encoder

FILES = 300
BATCH = 32


def run(options: Options) -> Result:
    """Ours, then the baseline, on the same files.

    Raises:
        MissingOption: sentence-transformers is not installed.
    """
    if not installed():
        raise MissingOption("The baseline needs the extra: pip install 'polydesk[sentence-transformers]'.")
    with options.folder("ingest") as folder:
        shutil.rmtree(folder / "knowledge", ignore_errors=True)
        shutil.rmtree(folder / "data", ignore_errors=True)
        files = copy_files(options.need_knowledge(), folder / "knowledge", options.limit or FILES)
        with stopwatch() as ours:
            report = asyncio.run(_ingest(folder, options.threads))
        encoder = create_encoder("onnx", threads=1)
        texts = encoded_texts(passages_of(folder / "knowledge", int(report["passages"]), encoder))
        encoder.close()
        plain = _plain(texts, folder / "plain", options.threads)
    ours_rate, plain_rate = report["passages"] / ours.seconds, len(texts) / plain
    return Result(
        title="Ingest",
        baseline="sentence-transformers' encode in fp32 and Chroma's add, the same model and passages, in batches of "
        f"{BATCH}; loading the model is not counted. Ours counts everything, the start of its process too.",
        setting={"files": files, "passages": int(report["passages"]), "threads": options.threads},
        columns=("", "passages/s", "seconds", "times the baseline"),
        rows=(
            ("polydesk ingest", ours_rate, ours.seconds, ours_rate / plain_rate),
            ("baseline: encode + add", plain_rate, plain, 1.0),
        ),
    )


async def _ingest(folder: Path, threads: int) -> dict[str, Any]:
    defaults = Settings()
    settings = defaults.model_copy(
        update={
            "data_dir": folder / "data",
            "knowledge": defaults.knowledge.model_copy(update={"roots": (folder / "knowledge",), "watch": False}),
            "encoder": defaults.encoder.model_copy(update={"ingest_threads": threads}),
        }
    )
    async with Service.open(settings) as service:
        return await service.ingest((), lambda values: None)


def _plain(texts: list[str], folder: Path, threads: int) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    model = plain_model(threads)
    model.encode(["passage: warm"])
    client = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
    collection = client.create_collection("plain", embedding_function=None)
    with stopwatch() as watch:
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            vectors = model.encode([f"passage: {text}" for text in batch], batch_size=BATCH, normalize_embeddings=True)
            collection.add(ids=[str(start + place) for place in range(len(batch))], embeddings=vectors, documents=batch)
    return watch.seconds
