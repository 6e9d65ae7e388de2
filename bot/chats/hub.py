"""HUB: takes what visitors, people and operators do with a chat, writes it down, and tells all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.chats.answering import Answering
from bot.chats.eraser import Eraser
from bot.chats.live import LiveEvent, Subscription
from bot.chats.live_chat import LiveChat
from bot.chats.memory import Memory
from bot.chats.store import NEW, ChatStore
from bot.chats.values import Busy, Chat, Feedback, Gone, Message, NothingToRetry, Owner, Receipt, Sent, State
from bot.metrics import Metrics


class Chats:
    """All chats of the desk. Used from one event loop.

    Where an owner is asked for, chats of anybody else are as if they were not there; None is for operators.

    Args:
        at_once: answers that may be worked on or waited for.
        keep_days: after which a chat that was not continued is erased.
    """

    def __init__(
        self,
        store: ChatStore,
        answering: Answering,
        eraser: Eraser,
        metrics: Metrics,
        *,
        at_once: int,
        keep_days: int,
    ) -> None:
        self._store = store
        self._answering = answering
        self._eraser = eraser
        self._metrics = metrics
        self._at_once = at_once
        self._keep = timedelta(days=keep_days)
        self._memory = Memory(store)

    async def close(self) -> None:
        """Ends all work; what was not answered is taken up again by the next process."""
        await self._answering.close()
        self.disconnect()
        self._store.close()

    def disconnect(self) -> None:
        """Ends all who listen, so that no stream is broken off when the desk ends."""
        self._memory.disconnect()

    async def send(self, owner: Owner, sent: Sent) -> Receipt:
        """Takes a visitor's message, once for each of their `client_id`s; when this returns it is written down.

        Raises:
            Gone: the chat is not there.
            Busy: too much is being worked on.
        """
        if sent.chat == NEW:
            self._require_room()
            receipt, _ = await self._added(owner, sent)
        else:
            async with self._memory.locked(sent.chat, owner) as live:
                if live.chat.state != "person":
                    self._require_room()
                receipt, messages = await self._added(owner, sent)
                if receipt.chat == live.id:
                    for message in messages:
                        live.put(message)
                    self._answering.start(live)
                    return receipt
        # It is new, and may be erased already; or it was taken before, maybe by a process that was killed.
        async with self._memory.locked(receipt.chat, owner) as live:
            self._answering.start(live)
        return receipt

    async def sent(self, owner: Owner, client_id: str) -> Receipt | None:
        """The receipt of a message that was taken before."""
        return await asyncio.to_thread(self._store.find, owner, client_id)

    async def follow(
        self, owner: Owner, id: str, subscription: Subscription, seen: int | None
    ) -> AsyncGenerator[LiveEvent]:
        """The events of a chat, see `EventLog.follow`. What was left unanswered in it is answered now.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.open(id, owner) as live:
            # Whoever has the lock may just be ending the answer, or erasing it.
            async with self._memory.locked(id, owner):
                self._answering.start(live)
            async for event in live.log.follow(subscription, seen):
                yield event

    async def require(self, owner: Owner, id: str) -> None:
        """Nothing, where the chat is theirs.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.open(id, owner):
            pass

    async def read(self, owner: Owner | None, id: str) -> tuple[Chat, list[Message]]:
        """A chat and its last messages as they are now.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.open(id, owner) as live:
            return live.chat, [live.current(message) for message in live.messages.values()]

    async def of_visitor(self, owner: Owner, most: int) -> list[Chat]:
        """A visitor's chats, the newest first."""
        return await asyncio.to_thread(self._store.of_visitor, owner, most)

    async def in_state(self, state: State | None, most: int) -> list[Chat]:
        """Everybody's chats, or those in a state, the newest first."""
        return await asyncio.to_thread(self._store.in_state, state, most)

    async def stop(self, owner: Owner, id: str) -> None:
        """Ends the answers that are being given; what was given of them stays.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.locked(id, owner) as live:
            await self._answering.stop(live)

    async def retry(self, owner: Owner, id: str) -> int:
        """Answers the last question again; returns the number of its answer.

        Raises:
            Gone: the chat is not there.
            NothingToRetry: the question has its answer, or a person has the chat.
            Busy: too much is being worked on.
        """
        async with self._memory.locked(id, owner) as live:
            asked = max((each.number for each in live.messages.values() if each.author == "visitor"), default=0)
            reply = live.messages.get(asked + 1)
            if live.chat.state == "person" or live.question_of(asked + 1) is None or reply is None:
                raise NothingToRetry("There is no answer to give again.")
            if reply.status == "done":
                raise NothingToRetry("The question has its answer.")
            self._require_room()
            if reply.status != "streaming":
                empty = replace(reply, text="", status="streaming", detail="", answer=None, feedback=None, reason="")
                await self._store.write(self._store.write_answer, id, empty)
                live.put(empty)
            self._answering.start(live)
            return reply.number

    async def ask_for_person(self, owner: Owner, id: str) -> State:
        """Asks for a person, unless one has the chat already; returns who has it now.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.locked(id, owner) as live:
            return await self._in_state(live, "waiting" if live.chat.state == "bot" else live.chat.state)

    async def give_back(self, id: str) -> State:
        """Has the bot answer again; returns the state.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.locked(id, None) as live:
            return await self._in_state(live, "bot")

    async def answer_as_person(self, id: str, name: str, text: str) -> Message:
        """Adds a person's message. The bot ends what it is saying, and is silent until the chat is given back.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.locked(id, None) as live:
            message = await self._store.write(self._store.add_person, id, name, text)
            await self._answering.stop(live)
            live.set_state("person")
            live.put(message)
            self._metrics.widget_messages.labels("person").inc()
            return message

    async def rate(self, owner: Owner, id: str, number: int, feedback: Feedback | None, reason: str) -> None:
        """Notes what the visitor says of one of the bot's answers.

        Raises:
            Gone: the chat or the answer is not there.
        """
        async with self._memory.locked(id, owner) as live:
            message = live.messages.get(number)
            if message is None or message.author != "bot" or message.status == "streaming":
                raise Gone("There is no such answer.")
            rated = replace(message, feedback=feedback, reason=reason if feedback else "")
            await self._store.write(self._store.rate, id, rated)
            live.put(rated)

    async def question(self, owner: Owner, id: str, number: int) -> Message:
        """The visitor's message that one of the bot's answers.

        Raises:
            Gone: the chat or the answer is not there.
        """
        async with self._memory.open(id, owner) as live:
            question = live.question_of(number)
            if question is None:
                raise Gone("There is no such answer.")
            return question

    async def move(self, owner: Owner, visitor: str) -> None:
        """Gives another visitor all chats of one, as they turned out to be the same person."""
        for id in await self._store.write(self._store.move, owner, visitor):
            try:
                # Opened, as it may just be on its way into memory, as the other's.
                async with self._memory.open(id, None) as live:
                    live.chat = replace(live.chat, owner=replace(owner, visitor=visitor))
                    live.log.disconnect()
            except Gone:
                continue  # Erased at the same moment.

    async def erase(self, owner: Owner | None, id: str) -> None:
        """Erases a chat, and every copy of what was said in it.

        Raises:
            Gone: the chat is not there.
        """
        async with self._memory.open(id, owner):
            await self._erase([id])

    async def erase_visitor(self, visitor: str) -> int:
        """Erases all chats of a visitor; returns how many there were."""
        ids = await asyncio.to_thread(self._store.ids_of, visitor)
        await self._erase(ids)
        return len(ids)

    async def forget_old(self) -> None:
        """Erases the chats that were not continued for `keep_days`."""
        oldest = self._store.now() - self._keep
        while ids := await asyncio.to_thread(self._store.ids_before, oldest, 100):
            await self._erase(ids)

    async def wipe(self) -> None:
        """See `Eraser.wipe`."""
        await self._eraser.wipe()

    async def _added(self, owner: Owner, sent: Sent) -> tuple[Receipt, tuple[Message, ...]]:
        receipt, messages = await self._store.write(self._store.add_question, owner, sent)
        if messages:
            self._metrics.widget_messages.labels("visitor").inc()
        return receipt, messages

    def _require_room(self) -> None:
        if self._answering.count >= self._at_once:
            raise Busy(f"{self._answering.count} answers are being worked on.")

    async def _in_state(self, live: LiveChat, state: State) -> State:
        if state != live.chat.state:
            await self._store.write(self._store.set_state, live.id, state)
            live.set_state(state)
        return state

    async def _erase(self, ids: Sequence[str]) -> None:
        for id in ids:
            try:
                async with self._memory.locked(id, None) as live:
                    await self._answering.stop(live, silently=True)
                    await self._eraser.erase(id)
                    self._memory.drop(id)
            except Gone:
                continue  # By somebody else at the same moment.
            live.log.emit("gone", {})
            live.log.close()
        if ids:
            await self._eraser.wipe()
