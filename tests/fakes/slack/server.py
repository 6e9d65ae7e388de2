"""The stand-in: a workspace behind HTTP and websockets.

    async with FakeSlack() as slack:
        anna = slack.add_user("Anna")
        support = slack.add_channel("support", [anna])
        slack.app.request_url = "http://127.0.0.1:8080/slack/events"
        question = slack.mention(anna, support, "How long do I have to return a bike?")
        answer = await slack.until(lambda: slack.answers(support, question.ts))
        assert not slack.violations

The app is given `slack.base_url`, `slack.app.signing_secret`, for one workspace `slack.bot_token` or for many
`slack.app.client_id` and `client_secret`; and with `slack.app.socket_mode = True` `slack.app.app_token`.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.slack import views
from tests.fakes.slack.api import Api
from tests.fakes.slack.calls import Call
from tests.fakes.slack.delivery import Deliveries, Delivery
from tests.fakes.slack.faults import Fault, Faults, Kind
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.model import Team, User, View
from tests.fakes.slack.people import People, new_secret
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.responses import Responses
from tests.fakes.slack.socket import Socket

TRIGGER_SECONDS = 3.0


class FakeSlack(People):
    """Slack, as far as the app can tell.

    Attributes:
        team: the first workspace; the app is installed there unless told otherwise.
        api: the calls so far.
        deliveries: what the app was sent.
        violations: what it should not have sent; see `tests/fakes/slack/refusals.py`.
        limits: of calls; `limits.on = False` switches them off.
        codes: of OAuth, that are not redeemed yet.
        installer: who presses Allow; nobody: the installation is refused.
    """

    def __init__(self, *, installed: bool = True, port: int = 0) -> None:
        super().__init__()
        self.limits = Limits(self.clock)
        self.faults = Faults()
        self.api = Api(self)
        self.deliveries = Deliveries(self)
        self.responses = Responses(self)
        self.socket = Socket(self)
        self.closing = asyncio.Event()
        self.port = port
        self.codes: dict[str, tuple[str, tuple[str, ...], str, str]] = {}
        self._triggers: dict[str, tuple[str, str, float]] = {}
        self._used_triggers: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.team: Team = self.add_team(installed=installed)
        self.installer: User | None = self.add_user("Olga", "admin")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """For AsyncWebClient."""
        return f"{self.origin}/api/"

    @property
    def bot_token(self) -> str:
        """Of the first workspace."""
        return self.team.token

    async def __aenter__(self) -> Self:
        self.deliveries.loop = asyncio.get_running_loop()
        application = web.Application(client_max_size=4_000_000)
        application.router.add_route("*", "/api/{method}", self.api.handle)
        application.router.add_post("/actions/{team}/{key}", self.responses.post)
        application.router.add_get("/link/", self.socket.connect)
        application.router.add_get("/oauth/v2/authorize", self._authorize)
        self.add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.closing.set()
        self.touch()
        await self.deliveries.close()
        await self.socket.close()
        if self._runner:
            await self._runner.cleanup()

    def add_routes(self, application: web.Application) -> None:
        """More pages, of those who build on this."""

    def deliver(self, body: dict[str, Any]) -> Delivery:
        return self.deliveries.send_event(body)

    def fail(
        self,
        kind: Kind,
        method: str = "*",
        times: int = 1,
        *,
        after: bool = False,
        seconds: float = 1.0,
        status: int = 500,
        skip: int = 0,
    ) -> None:
        """Plans a fault; see `Fault`."""
        self.faults.plan(Fault(kind, method, times, after, seconds, status, skip))

    def new_trigger(self, user: User, team: str) -> str:
        """An id by which a modal may be opened within three seconds."""
        trigger = f"{self.identifier('')}.{new_secret()}"
        self._triggers[trigger] = (user.id, team, self.clock.now())
        return trigger

    def use_trigger(self, call: Call, trigger: str) -> str:
        """The user to whom a trigger belongs.

        Raises:
            Refused: it is unknown, used or too old.
        """
        user, team, since = self._triggers.get(trigger, ("", "", 0.0))
        if not user or team != call.home.id:
            raise Refused("invalid_trigger_id")
        if trigger in self._used_triggers:
            raise Refused("exchanged_trigger_id")
        if self.clock.now() - since > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        self._used_triggers.add(trigger)
        return user

    def after_submission(self, view: View, answer: Any) -> None:
        """What the app's answer to a submitted modal does to it."""
        stack = self.opened[view.user]
        action = answer.get("response_action") if isinstance(answer, dict) else None
        call = Call(self, "ack", {}, self.teams[view.team], "")
        try:
            if answer and action not in ("errors", "update", "push", "clear"):
                raise Refused("invalid_arguments", [f"response_action {action}"])
            if action == "errors":
                unknown = set(answer["errors"]) - {block["block_id"] for block in view.body["blocks"]}
                if unknown or not answer["errors"]:
                    raise Refused("invalid_arguments", [f"errors for blocks that are not there: {unknown}"])
            elif action == "update":
                views.replace(call, view, views.checked(call, "modal", body=answer["view"]))
            elif action == "push":
                views.place(call, views.checked(call, "modal", body=answer["view"]), view.user)
            elif action == "clear":
                stack.clear()
            else:
                stack.remove(view)
        except Refused as refused:
            self.blame("ack", refused.error, "; ".join(refused.messages))
        self.touch()

    async def _authorize(self, request: web.Request) -> web.Response:
        """OAuth's page, where the installer presses Allow at once."""
        scopes = tuple(scope for scope in request.query.get("scope", "").split(",") if scope)
        redirect, state = request.query.get("redirect_uri", ""), request.query.get("state", "")
        if request.query.get("client_id") != self.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not redirect and self.app.redirect_urls:
            redirect = self.app.redirect_urls[0]
        if self.app.redirect_urls and not any(redirect.startswith(url) for url in self.app.redirect_urls):
            self.blame("oauth", "bad_redirect_uri", redirect)
            return web.Response(status=400, text="bad_redirect_uri")
        if not scopes or set(scopes) - set(self.app.scopes):
            self.blame("oauth", "invalid_scope", ",".join(sorted(set(scopes) - set(self.app.scopes))))
            return web.Response(status=400, text="invalid_scope")
        if not state:
            self.blame("oauth", "state", "without a state anybody can finish an installation")
        if self.installer is None:
            query = {"error": "access_denied", "state": state}
        else:
            code = new_secret()
            team = request.query.get("team", self.installer.team)
            self.codes[code] = (team, scopes, request.query.get("redirect_uri", ""), self.installer.id)
            query = {"code": code, "state": state}
        raise web.HTTPFound(f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(query)}")
