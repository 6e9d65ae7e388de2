"""Opens everything once and closes everything once; the only place that turns settings into parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import threadpoolctl  # type: ignore[import-untyped]
from chromadb.errors import ChromaError
from sqlalchemy.exc import SQLAlchemyError

from bot.answer_cache import AnswerCache
from bot.answers.extractive import Extractive
from bot.answers.generated import Generated
from bot.answers.grounding import Grounding
from bot.answers.support import LateSupport
from bot.answers.writer import Writer
from bot.assistant import Assistant
from bot.chats.hub import Chats
from bot.chats.revocations import Revocations
from bot.config import Settings
from bot.conversations import Conversations
from bot.explain import explain
from bot.follow_up import Reader
from bot.knowledge import Dependency, Knowledge
from bot.llm import LanguageModel
from bot.metrics import Metrics
from bot.parts import (
    claim_judge,
    open_chats,
    open_encoder,
    open_index,
    open_language_model,
    open_reranker,
    open_store,
    open_translation,
    worker_settings,
)
from bot.phrases import Phrases
from bot.question import Question
from bot.rewriting import Rewriter
from bot.suggestions import Suggestions
from bot.translate.translation import Translation
from bot.upkeep import flushing, forgetting
from bot.widget_key import read_key
from retrieval.census import Census
from retrieval.data_folder import DataFolder
from retrieval.encoder.base import Encoder
from retrieval.errors import PolydeskError, UpstreamError
from retrieval.index import Index
from retrieval.ingest import Ingest
from retrieval.languages import LanguageDetector
from retrieval.recover import rebuild, recover
from retrieval.rerank.base import Reranker
from retrieval.rerank.guarded import Guarded
from retrieval.search import Search
from retrieval.store import Store

if TYPE_CHECKING:
    from bot.slack.channel import SlackChannel


class Service:
    """An open desk. Made by `Service.open`; owns its data folder until closed."""

    def __init__(
        self,
        settings: Settings,
        phrases: Phrases,
        metrics: Metrics,
        store: Store,
        index: Index,
        encoder: Encoder,
        reranker: Reranker,
        search: Search,
        assistant: Assistant,
        knowledge: Knowledge,
        chats: Chats,
        revocations: Revocations,
        suggestions: Suggestions,
        widget_key: bytes,
        language_model: LanguageModel | None = None,
        translation: Translation | None = None,
    ) -> None:
        self.settings = settings
        self.phrases = phrases
        self.metrics = metrics
        self.store = store
        self.index = index
        self.encoder = encoder
        self.reranker = reranker
        self.search = search
        self.assistant = assistant
        self.knowledge = knowledge
        self.chats = chats
        self.revocations = revocations
        self.suggestions = suggestions
        self.widget_key = widget_key
        self.language_model = language_model
        self.translation = translation
        self.slack: SlackChannel | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, folder: DataFolder | None = None) -> AsyncIterator[Self]:
        """The desk of a data folder, closed at the end of the block.

        Args:
            folder: the data folder where the caller owns it already; otherwise it is taken and given free again.

        Raises:
            DataFolderInUse: at once, when another process has the folder.
            ConfigurationError: when a setting cannot be followed.
        """
        async with AsyncExitStack() as stack:
            folder = folder or stack.enter_context(DataFolder(settings.data_dir))
            # Questions are worked on side by side; a matrix product that takes every core for itself slows all others.
            stack.enter_context(threadpoolctl.threadpool_limits(limits=1))
            phrases = Phrases()
            metrics = Metrics(settings.languages.configured)
            language_model = open_language_model(settings, metrics)
            if language_model is not None:
                stack.push_async_callback(language_model.close)
            # The slow openings do not wait for each other; what was opened is closed even if another one failed.
            encoder_task = asyncio.create_task(asyncio.to_thread(open_encoder, settings))
            store_task = asyncio.create_task(asyncio.to_thread(open_store, folder))
            index_task = asyncio.create_task(asyncio.to_thread(open_index, settings, folder))
            detector_task = asyncio.create_task(asyncio.to_thread(LanguageDetector, settings.languages.configured))
            await asyncio.wait((encoder_task, store_task, index_task, detector_task))
            for task in (store_task, index_task, encoder_task):
                if task.exception() is None:
                    stack.callback(task.result().close)
            encoder, store, index = encoder_task.result(), store_task.result(), index_task.result()
            await asyncio.to_thread(recover, store, index, encoder.identity)

            reranker = await asyncio.to_thread(open_reranker, settings, store, metrics)
            stack.push_async_callback(reranker.close)
            if isinstance(reranker, Guarded):
                await reranker.start()
            search = Search(
                encoder,
                index,
                store,
                reranker,
                recall=settings.search.recall,
                threads=settings.encoder.question_threads,
            )
            stack.callback(search.close)
            conversations = Conversations(
                store.engine, settings.conversations.keep_days, settings.conversations.keep_turns
            )
            await asyncio.to_thread(conversations.forget_old)
            await stack.enter_async_context(flushing(conversations))
            revocations = Revocations(store.engine, settings.conversations.keep_days)
            await asyncio.to_thread(revocations.load)
            widget_key = await asyncio.to_thread(read_key, folder.path)
            ingest = Ingest(store, index, settings.knowledge.roots, encoder.identity, worker_settings(settings))
            knowledge = Knowledge(settings, store, ingest, metrics)
            stack.push_async_callback(knowledge.close)
            await knowledge.open()
            detector = detector_task.result()
            census = Census(store.engine, lambda: knowledge.revision)
            translation = open_translation(settings, metrics, language_model, phrases, detector, census.count)
            if translation is not None:
                stack.push_async_callback(translation.close)
            extractive = Extractive(
                encoder, store, passages=settings.answer.max_passages, sentences=settings.answer.max_sentences
            )
            generated = None
            if language_model is not None and settings.answer.kind == "generated":
                generated = Generated(
                    language_model,
                    Grounding(LateSupport(encoder, store), detector, claim_judge(reranker)),
                    seconds=settings.llm.timeout_seconds,
                    context_tokens=settings.llm.context_tokens,
                )
            writer = Writer(extractive, generated, settings.answer.threshold)
            rewriter = None if language_model is None else Rewriter(language_model, detector)
            assistant = Assistant(
                search,
                Reader(writer, rewriter, settings.answer.threshold),
                writer,
                detector,
                phrases,
                AnswerCache(settings.cache.size, settings.cache.seconds, settings.answer_fingerprint()),
                conversations,
                metrics,
                longest=settings.server.max_question_chars,
                default_language=settings.languages.default,
                revision=lambda: knowledge.revision,
                partial=lambda: knowledge.partial,
                translation=translation,
            )
            chats = open_chats(settings, store, assistant, phrases, metrics)
            stack.push_async_callback(chats.close)
            await stack.enter_async_context(forgetting(chats, revocations))
            service = cls(
                settings,
                phrases,
                metrics,
                store,
                index,
                encoder,
                reranker,
                search,
                assistant,
                knowledge,
                chats,
                revocations,
                Suggestions(store, lambda: knowledge.revision),
                widget_key,
                language_model,
                translation,
            )
            if settings.slack.mode != "off":
                # Only then: what it imports takes time and memory that other desks need not spend.
                from bot.slack.opening import open_slack

                service.slack = await stack.enter_async_context(open_slack(service))
            yield service

    async def start(self) -> None:
        """Follows the files and listens to Slack, as a desk does that serves."""
        self.knowledge.start()
        if self.slack is not None:
            await self.slack.start()

    async def explain(self, question: Question, *, again: bool = False) -> dict[str, Any]:
        """Why this answer, see `bot.explain`, and what reranks at the moment. `again`: see `Assistant.search`."""
        language, reading = await self.assistant.search(question, again=again)
        explained = explain(question.text, language, reading, self.settings.answer.threshold)
        return explained | {"reranker": self.reranker.description}

    async def ingest(self, roots: Sequence[Path], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Reads the roots, or the configured ones where none are given, and publishes what changed.

        Args:
            progress: called on the event loop with each step.

        Returns:
            The report as JSON values.
        """
        return await self.knowledge.ingest(roots, progress)

    async def dependencies(self) -> dict[str, Dependency]:
        """The state of everything the desk needs."""
        states = {
            "store": await _state(self._store_state),
            "index": await _state(self._index_state),
            "encoder": Dependency(True, self.encoder.identity),
            "knowledge": self.knowledge.state(),
            "reranker": self._reranker_state(),
        }
        if self.language_model is not None:
            # Without it answers are extracts.
            trouble = self.language_model.trouble
            states["llm"] = Dependency(not trouble, trouble or f"{self.language_model.model} is asked", required=False)
        if self.translation is not None:
            states["translation"] = await self._translation_state(self.translation)
        if self.slack is not None:
            states["slack"] = await self.slack.state()
        return states

    async def rebuild(self) -> int:
        """Builds the index anew from the store; returns its passages."""
        return await asyncio.to_thread(rebuild, self.store, self.index)

    def require_ready(self) -> None:
        """Raises `NotReady` while the very first files are being read, or when that failed."""
        state = self.knowledge.state()
        if not state.ready:
            raise NotReady(f"There is no knowledge to answer from yet: {state.detail}.")

    def require_knowledge(self) -> None:
        """Raises `NothingIngested` when no revision was ever published."""
        if not self.knowledge.revision:
            raise NothingIngested(
                f"Nothing was ingested into {self.settings.data_dir} yet: run `polydesk ingest`, or `polydesk serve`."
            )

    def _store_state(self) -> str:
        figures = self.store.figures()
        return f"revision {figures.revision}, {figures.files} files, {figures.passages} passages"

    def _reranker_state(self) -> Dependency:
        out = isinstance(self.reranker, Guarded) and bool(self.reranker.trouble)
        return Dependency(not out, self.reranker.description, required=False)

    async def _translation_state(self, translation: Translation) -> Dependency:
        # What the engine can do is remembered, also while it is out.
        if trouble := translation.engine.trouble:
            return Dependency(False, trouble, required=False)
        try:
            return Dependency(True, await translation.pairs(), required=False)
        except UpstreamError as error:
            return Dependency(False, str(error), required=False)

    def _index_state(self) -> str:
        probe = np.full(self.encoder.dimension, self.encoder.dimension**-0.5, np.float32)
        answering = [audience for audience in self.index.audiences() if self.index.query(audience, probe, 1)]
        return f"audiences: {', '.join(answering)}" if answering else "empty"


class NotReady(PolydeskError):
    """The desk has just been started for the first time."""


class NothingIngested(PolydeskError):
    """There is no knowledge to answer from."""


async def _state(look: Callable[[], str]) -> Dependency:
    try:
        return Dependency(True, await asyncio.to_thread(look))
    except (SQLAlchemyError, ChromaError, OSError) as error:
        return Dependency(False, f"{type(error).__name__}: {error}")
