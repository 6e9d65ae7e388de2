"""Answers what visitors ask: each question once, in order, whether anybody listens or not."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import aclosing
from dataclasses import replace

import structlog

from bot.answer import Answer, AnswerEvent, DeltaEvent, StatusEvent
from bot.assistant import Assistant
from bot.chats.live_chat import Draft, LiveChat
from bot.chats.store import ChatStore
from bot.chats.values import Message
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.question import Question

log = structlog.get_logger()


class Answering:
    """Works on the answers of all chats; in one chat on one at a time, as each may follow up on the one before.

    Args:
        at_once: answers that are worked on at a time; others wait.
        seconds: after which an answer is given up.
        instruction: what the reranker is told to judge.
    """

    def __init__(
        self,
        store: ChatStore,
        assistant: Assistant,
        phrases: Phrases,
        metrics: Metrics,
        *,
        at_once: int,
        seconds: float,
        instruction: str,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._phrases = phrases
        self._metrics = metrics
        self._seconds = seconds
        self._instruction = instruction
        self._room = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def count(self) -> int:
        """Chats that are being answered or wait for that."""
        return len(self._tasks)

    def start(self, live: LiveChat) -> None:
        """Has the next pending answer of the chat worked on, unless one is; whoever calls holds its lock."""
        pending = live.pending()
        if self._closed or live.gone or live.draft is not None or not pending:
            return
        draft = live.draft = Draft(pending[0].number)
        draft.task = asyncio.create_task(self._answer(live, draft))
        self._tasks.add(draft.task)
        draft.task.add_done_callback(self._tasks.discard)

    async def stop(self, live: LiveChat, *, silently: bool = False) -> None:
        """Ends the chat's answers as far as they are; whoever calls holds its lock.

        Args:
            silently: nothing is written and nobody is told, as the chat is about to be erased.
        """
        draft = live.draft
        pending = [live.current(message) for message in live.pending()]
        if draft is not None and draft.task is not None:
            draft.task.cancel()
            await asyncio.gather(draft.task, return_exceptions=True)
        live.draft = None
        for message in [] if silently else pending:
            stopped = replace(message, status="stopped")
            await self._store.write(self._store.write_answer, live.id, stopped)
            live.put(stopped)
            self._metrics.widget_replies.labels("stopped").inc()

    async def close(self) -> None:
        """Ends all work. What was not answered stays pending in the database."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, live: LiveChat, draft: Draft) -> None:
        message, question = live.messages[draft.number], live.question_of(draft.number)
        answer, key, fault = None, "error.internal", uuid.uuid4().hex[:16]
        try:
            async with self._room, asyncio.timeout(self._seconds):
                if question is not None:
                    answer = await self._asked(live, draft, question)
        except TimeoutError:
            key = "error.busy"
        except Exception as error:
            log.error("widget_answer_failed", request_id=fault, exc_info=error)
        if answer is None:
            detail = self._phrases.get(key, message.language, id=fault)
            finished = replace(message, text=draft.text, status="failed", detail=detail)
        else:
            finished = replace(
                message, text=answer.text, language=answer.language, status="done", answer=answer.to_json()
            )
        async with live.lock:
            await self._finish(live, finished)
            self.start(live)

    async def _asked(self, live: LiveChat, draft: Draft, question: Message) -> Answer | None:
        asked = Question(
            question.text,
            conversation_id=live.id,
            browser_languages=(question.language,) if question.language else (),
            instruction=self._instruction,
        )
        answer: Answer | None = None
        async with aclosing(self._assistant.stream(asked)) as events:
            async for event in events:
                match event:
                    case StatusEvent(step):
                        live.log.emit("status", {"number": draft.number, "step": step})
                    case DeltaEvent(text):
                        live.add_piece(draft, text)
                    case AnswerEvent():
                        answer = event.answer
        return answer

    async def _finish(self, live: LiveChat, message: Message) -> None:
        """Writes an answer down, then tells it. One that cannot be written is told as failed, and is pending still."""
        try:
            await self._store.write(self._store.write_answer, live.id, message)
        except Exception as error:  # Whatever it is, nobody must wait for ever.
            fault = uuid.uuid4().hex[:16]
            log.error("widget_answer_not_written", request_id=fault, exc_info=error)
            detail = self._phrases.get("error.internal", message.language, id=fault)
            message = replace(live.current(live.messages[message.number]), status="failed", detail=detail)
        live.draft = None
        live.put(message)
        self._metrics.widget_messages.labels("bot").inc()
        self._metrics.widget_replies.labels(message.status).inc()
