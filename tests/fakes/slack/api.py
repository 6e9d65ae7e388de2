"""The Web API over HTTP: who calls, how often, with what; then the method itself."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack import chat, conversations, installing, streams, threads, views
from tests.fakes.slack.arguments import read
from tests.fakes.slack.calls import Call
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.limits import limited
from tests.fakes.slack.methods import METHODS
from tests.fakes.slack.refusals import Refused

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

_HANDLERS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "api.test": installing.api_test,
    "auth.test": installing.auth_test,
    "auth.revoke": installing.auth_revoke,
    "apps.uninstall": installing.uninstall,
    "apps.connections.open": installing.open_connection,
    "oauth.v2.access": installing.oauth_access,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.startStream": streams.start,
    "chat.appendStream": streams.append,
    "chat.stopStream": streams.stop,
    "assistant.threads.setStatus": threads.set_status,
    "assistant.threads.setSuggestedPrompts": threads.set_suggested_prompts,
    "assistant.threads.setTitle": threads.set_title,
    "agents.sessions.setStatus": threads.set_session_status,
    "agents.sessions.rename": threads.rename_session,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.replies": conversations.replies,
    "conversations.history": conversations.history,
    "conversations.open": conversations.open_conversation,
    "users.info": conversations.user_info,
    "users.list": conversations.users_list,
    "reactions.add": conversations.add_reaction,
    "reactions.remove": conversations.remove_reaction,
    "views.open": views.open_view,
    "views.push": views.push_view,
    "views.update": views.update_view,
    "views.publish": views.publish,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as it came.

    Attributes:
        error: Slack's code; empty where it succeeded; `fault` where an injected fault took it.
        at: by the stand-in's clock.
    """

    method: str
    arguments: dict[str, Any]
    error: str
    at: float


class Api:
    """The endpoint /api/METHOD.

    Attributes:
        asked: all calls so far.
    """

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self.asked: list[Asked] = []

    def of(self, method: str) -> list[Asked]:
        """The calls of a method."""
        return [asked for asked in self.asked if asked.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given, is_json, readable = await _given(request)
        fault = self._slack.faults.take(method)
        if fault and not fault.after:
            self._note(method, given, "" if fault.kind == "delay" else "fault")
            if (answer := await self._spoil(request, fault)) is not None:
                return answer
        answer = self._answer(request, method, given, is_json, readable)
        if fault and fault.after and (spoiled := await self._spoil(request, fault)) is not None:
            return spoiled
        return answer

    def _answer(
        self, request: web.Request, method: str, given: dict[str, Any], is_json: bool, readable: bool
    ) -> web.Response:
        try:
            body = self._run(request, method, given, is_json, readable)
        except Refused as refused:
            self._note(method, given, refused.error)
            if refused.fault:
                self._slack.blame(method, refused.error, "; ".join(refused.messages) or json.dumps(given)[:300])
            return web.json_response(refused.body(), status=refused.status, headers=refused.headers)
        self._note(method, given, "")
        team = self._slack.team_of(_token(request, {}))
        headers = {"X-OAuth-Scopes": ",".join(sorted(team.scopes))} if team else {}
        return web.json_response({"ok": True, **body}, headers=headers)

    def _run(
        self, request: web.Request, method: str, given: dict[str, Any], is_json: bool, readable: bool
    ) -> dict[str, Any]:
        known = METHODS.get(method)
        if known is None:
            raise Refused("unknown_method", req_method=method)
        if not readable:
            raise Refused("invalid_json" if is_json else "invalid_form_data")
        token = _token(request, given)
        if known.token == "none":
            given = given | _basic(request)
            self._slack.limits.count("", method)
            return _HANDLERS[method](Call(self._slack, method, read(known, given, is_json), None, token))
        if not token:
            raise Refused("not_authed")
        if known.token == "app":
            if token != self._slack.app.app_token:
                raise Refused("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
            self._slack.limits.count("", method)
            return _HANDLERS[method](Call(self._slack, method, read(known, given, is_json), None, token))
        if token == self._slack.app.app_token:
            raise Refused("not_allowed_token_type")
        team = self._slack.team_of(token)
        if team is None:
            raise Refused(self._slack.revoked.get(token, "invalid_auth"))
        self._slack.limits.count(team.id, method)
        call = Call(self._slack, method, {}, team, token)
        for scope in known.scopes:
            if scope in team.scopes or scope.startswith("*"):
                break
        else:
            if known.scopes:
                call.need(known.scopes[0])
        call.arguments = read(known, given, is_json)
        return _HANDLERS[method](call)

    def _note(self, method: str, given: dict[str, Any], error: str) -> None:
        self.asked.append(Asked(method, given, error, self._slack.clock.now()))
        self._slack.touch()

    async def _spoil(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.kind == "hang":
            await self._slack.closing.wait()
        if fault.kind == "status":
            return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")
        if fault.kind == "ratelimited":
            refused = limited(fault.seconds)
            return web.json_response(refused.body(), status=429, headers=refused.headers)
        if request.transport is not None:
            request.transport.close() if fault.kind == "hangup" else request.transport.abort()
        return web.Response()


async def _given(request: web.Request) -> tuple[dict[str, Any], bool, bool]:
    """The arguments, whether they came as JSON, and whether they could be read."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET":
        return given, False, True
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            return given, True, False
        return (given | body, True, True) if isinstance(body, dict) else (given, True, False)
    body_form = await request.post()
    return given | {name: str(value) for name, value in body_form.items()}, False, True


def _token(request: web.Request, given: dict[str, Any]) -> str:
    named = given.pop("token", "")
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else str(named)


def _basic(request: web.Request) -> dict[str, str]:
    """The client's id and secret, where they come as HTTP Basic."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return {}
    try:
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": name, "client_secret": secret}
