"""Any sentence-transformers CrossEncoder in this process, on CPU or GPU. Needs the extra "sentence-transformers"."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np

from retrieval.encoder.base import Encoded, Floats, passage_text
from retrieval.errors import UpstreamError
from retrieval.passages import Candidate
from retrieval.rerank.base import Reranker
from retrieval.rerank.instructions import INSTRUCTION, Instructions
from retrieval.rerank.pair_model import PairModel, Template
from retrieval.rerank.self_test import self_test


class CrossEncoder(Reranker):
    """Scores each pair by one pass of a model that reads question and passage together.

    One thread of its own does all work, so the event loop never waits and questions take turns; what nobody waits for
    any more is left out. What it reads of a passage is what is encoded of it: headings, hints, text.

    Args:
        model: its name on the Hugging Face hub, or its folder.
        device: "cpu", "cuda", "cuda:1", "mps".
        template: "qwen3" renders Qwen3-Reranker's template here, "none" leaves all to the model's own; "auto" chooses
            by the model's architecture.
        instruction: what a model that follows instructions is told to judge, in English.
        instructions: the same by audience. A channel's goes before it, and a passage's own before that.
        passage_tokens: longer passages are cut; never the template.
        batch: pairs in a pass at most.
        threads: of torch on the CPU; 0 leaves torch's own choice.

    Raises:
        ConfigurationError: when the extra is missing, or the model cannot be loaded or does not give one score a pair.
    """

    name = "cross_encoder"

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        template: Template = "auto",
        instruction: str = INSTRUCTION,
        instructions: Mapping[str, str] | None = None,
        passage_tokens: int = 1024,
        batch: int = 64,
        threads: int = 0,
    ) -> None:
        self._instructions = Instructions(instruction, dict(instructions or {}))
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="cross-encoder")
        try:
            # In that thread, too: torch keeps its number of threads by thread.
            self._model = self._executor.submit(
                PairModel, model, device, template, passage_tokens=passage_tokens, batch=batch, threads=threads
            ).result()
        except BaseException:
            self._executor.shutdown()
            raise

    @property
    def description(self) -> str:
        """Model, device and template."""
        return self._model.description

    @property
    def follows_instructions(self) -> bool:
        return self._model.follows_instructions

    async def check(self) -> None:
        """The self-test, as of a server.

        Raises:
            UpstreamError: it fails.
        """
        verdict = await self_test(self.score)
        if not verdict.passed:
            raise UpstreamError(f"The reranker {self.description} failed its self-test: {verdict.reason}.")

    async def score(self, query: str, documents: Sequence[str], instruction: str = "") -> list[float]:
        """How probable it is that each document is what the instruction asks for, in [0, 1], in the documents' order.

        Args:
            instruction: in English; the default one where it is empty.

        Raises:
            UpstreamError: the device failed.
        """
        if not documents:
            return []
        pairs = [(query, document, instruction or self._instructions.default) for document in documents]
        # Probabilities of log-odds beyond this are 0 and 1 in float32 anyway.
        odds = np.clip(await self._log_odds(pairs), -80, 80)
        return [float(score) for score in 1 / (1 + np.exp(-odds.astype(np.float64)))]

    async def close(self) -> None:
        """Waits for the pass under way, then ends the thread."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        """The log-odds of relevance, which unlike the probability do not saturate."""
        pairs = [
            (
                question,
                passage_text(one.passage.context, one.passage.text),
                self._instructions.of(one.passage, instruction),
            )
            for one in candidates
        ]
        return [float(score) for score in await self._log_odds(pairs)]

    async def _log_odds(self, pairs: list[tuple[str, str, str]]) -> Floats:
        abandoned = Event()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._model.log_odds, pairs, abandoned)
        # Of torch: no memory, a device that is gone.
        except RuntimeError as error:
            raise UpstreamError(f"The reranker {self.description} failed: {error}.") from error
        finally:
            abandoned.set()
