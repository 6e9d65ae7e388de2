"""The page on which a person sees the workspace and acts in it as anybody.

State comes as JSON, and that it changed as a server-sent event.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.slack.delivery import Delivery
from tests.fakes.slack.model import Channel, Message, User, View
from tests.fakes.slack.server import FakeSlack
from tests.fakes.slack.shapes import shown_blocks, view_json
from tests.fakes.slack.streams import expire
from tests.fakes.slack.threads import STATUS_SECONDS

STATIC = Path(__file__).parent / "static"
# Nothing from elsewhere, no script in the page itself: what the app sends cannot run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'"
)
_QUIET_SECONDS = 15.0


class SlackWithPage(FakeSlack):
    """The stand-in with a page at `/`."""

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/", self._index)
        application.router.add_get("/static/{name}", self._static)
        application.router.add_get("/page/state", self._state)
        application.router.add_get("/page/changes", self._changes)
        application.router.add_post("/page/act", self._act)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._file("index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.StreamResponse:
        path = STATIC / name
        if path.parent != STATIC or not path.is_file():
            raise web.HTTPNotFound
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(path, headers=headers)

    async def _state(self, request: web.Request) -> web.Response:
        people = [user for user in self.users.values() if user.kind != "bot"]
        user = self.users.get(request.query.get("user", ""), people[0])
        channels = self._channels_of(user)
        asked = request.query.get("channel", "")
        channel = next((one for one in channels if one.id == asked), channels[0])
        thread = request.query.get("thread", "")
        modals = self.opened.get(user.id, [])
        home = self.homes.get(user.id)
        return web.json_response(
            {
                "revision": self.revision,
                "me": user.id,
                "app": {"name": self.app.name, "bot": self.team.bot, "commands": self.app.commands},
                "shortcuts": [dict(zip(("id", "type", "name"), one, strict=True)) for one in self.app.shortcuts],
                "team": self.team.name,
                "users": {one.id: self._person(one) for one in self.users.values()},
                "people": [one.id for one in people],
                "channels": [self._channel(one) for one in channels],
                "channel": channel.id,
                "messages": [self._message(m) for m in self.visible(channel, None, user)],
                "thread": [self._message(m) for m in self.visible(channel, thread, user)] if thread else [],
                "status": self._status(channel, thread),
                "session": self._session(channel, thread),
                "title": self.titles.get((channel.id, thread), ""),
                "prompts": self.prompts.get(channel.id),
                "home": view_json(self, home) if home else None,
                "modal": view_json(self, modals[-1]) if modals else None,
                "violations": [f"{one.method}: {one.rule} ({one.detail})" for one in self.violations],
            }
        )

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        seen = -1
        # Whoever looked may be gone.
        with contextlib.suppress(ConnectionResetError):
            while not self.closing.is_set():
                revision = await self.changed_since(seen, _QUIET_SECONDS)
                await response.write(f"data: {revision}\n\n".encode() if revision != seen else b": nothing new\n\n")
                seen = revision
                # Many changes at once, as of a stream, are one.
                await asyncio.sleep(0.05)
        return response

    async def _act(self, request: web.Request) -> web.Response:
        # A page elsewhere could post text/plain here, but not JSON.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        act = await request.json()
        try:
            said = await self.act(self.users[act["user"]], act)
        except (AssertionError, KeyError, IndexError) as error:
            return web.json_response({"trouble": str(error)})
        return web.json_response(said)

    async def act(self, user: User, act: dict[str, Any]) -> dict[str, Any]:
        """One thing that a person does; what the page needs to know of it.

        Raises:
            AssertionError: they cannot.
        """
        kind = act["kind"]
        if kind == "say":
            message = self.say(user, act["channel"], self._with_mentions(act["text"]), act.get("thread", ""))
            return {"ts": message.ts}
        if kind == "home":
            self.open_home(user, act.get("tab", "home"))
        elif kind == "react":
            self.react(user, self._found(act, user), act["name"])
        elif kind == "stop":
            self.press_stop(user, act["channel"], act["thread"])
        elif kind == "close":
            await self.close_view(user)
        else:
            return self._outcome(await self._interact(user, act))
        return {}

    async def _interact(self, user: User, act: dict[str, Any]) -> Delivery:
        kind = act["kind"]
        if kind == "slash":
            command, _, text = act["text"].partition(" ")
            return await self.slash(user, act["channel"], command, text)
        if kind == "shortcut":
            message = self._found(act, user) if act.get("ts") else None
            return await self.shortcut(user, act["id"], message)
        if kind == "submit":
            return await self.submit_view(user, act["values"])
        where: Message | View
        if act.get("view"):
            where = self.views[act["view"]]
            self.fill_in(where, act.get("values", {}))
        else:
            where = self._found(act, user)
        return await self.click(user, where, act["action"], act.get("choice", ""))

    def _outcome(self, delivery: Delivery) -> dict[str, Any]:
        if not delivery.acknowledged:
            return {"trouble": f"{self.app.name} did not respond in time."}
        answer = delivery.answer if isinstance(delivery.answer, dict) else {}
        return {"errors": answer.get("errors", {})} if answer.get("response_action") == "errors" else {}

    def _found(self, act: dict[str, Any], user: User) -> Message:
        channel = self.channels[act["channel"]]
        for message in [*channel.messages.values(), *channel.ephemerals]:
            if message.ts == act["ts"] and message.seen_only_by in ("", user.id):
                return message
        raise AssertionError("the message is gone")

    def _with_mentions(self, text: str) -> str:
        """@Polydesk, as people type it, becomes a mention."""
        for user in self.users.values():
            text = text.replace(f"@{user.real_name}", f"<@{user.id}>")
        return text

    def _channels_of(self, user: User) -> list[Channel]:
        self.dm_channel(user, self.team)
        return [channel for channel in self.channels.values() if user.id in channel.members]

    def _person(self, user: User) -> dict[str, Any]:
        kinds = {"guest": "guest", "single_guest": "guest", "bot": "app", "admin": "admin", "full": ""}
        label = kinds[user.kind] if user.team == self.team.id else self.teams[user.team].name
        return {"name": user.real_name, "label": label, "app": user.kind == "bot"}

    def _channel(self, channel: Channel) -> dict[str, Any]:
        return {
            "id": channel.id,
            "name": self.app.name if channel.kind == "im" else channel.name,
            "kind": channel.kind,
            "shared": bool(channel.shared_with),
            "members": len(channel.members),
        }

    def _message(self, message: Message) -> dict[str, Any]:
        if message.stream:
            expire(message.stream, self.clock.now())
        replies = self.replies(self.channels[message.channel], message.ts)
        return {
            "ts": message.ts,
            "user": message.user,
            "text": message.text,
            "blocks": shown_blocks(message),
            "app": message.app,
            "edited": message.edited and not message.app,
            "only_you": bool(message.seen_only_by),
            "streaming": message.streaming,
            "reactions": message.reactions,
            "thread_ts": message.thread_ts,
            "replies": len(replies),
            "repliers": list(dict.fromkeys(reply.user for reply in replies)),
        }

    def _status(self, channel: Channel, thread: str) -> dict[str, Any] | None:
        status = self.statuses.get((channel.id, thread))
        if status is None or self.clock.now() - status.since > STATUS_SECONDS:
            return None
        return {"text": status.text, "phrases": status.phrases}

    def _session(self, channel: Channel, thread: str) -> dict[str, str] | None:
        session = self.sessions.get((channel.id, thread))
        return {"status": session.status, "title": session.title} if session else None
