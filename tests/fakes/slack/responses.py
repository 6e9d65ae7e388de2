"""response_url: five answers in thirty minutes to one interaction or command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack.arguments import read
from tests.fakes.slack.calls import Call
from tests.fakes.slack.content import check_message
from tests.fakes.slack.methods import Method
from tests.fakes.slack.model import Message
from tests.fakes.slack.refusals import Refused

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

MOST_USES = 5
SECONDS = 1800.0
_METHOD = Method(
    {
        "text": "text",
        "blocks": "list",
        "attachments": "list",
        "metadata": "object",
        "response_type": "text",
        "replace_original": "flag",
        "delete_original": "flag",
        "thread_ts": "text",
        "unfurl_links": "flag",
        "unfurl_media": "flag",
        "mrkdwn": "flag",
    }
)


@dataclass(slots=True)
class Response:
    """One URL.

    Attributes:
        message: that the interaction was on; none for commands.
    """

    team: str
    channel: str
    user: str
    since: float
    message: Message | None = None
    uses: int = 0


class Responses:
    """All of them."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._known: dict[str, Response] = {}

    def new(self, team: str, channel: str, user: str, message: Message | None = None) -> str:
        """A URL."""
        key = self._slack.identifier("R")
        self._known[key] = Response(team, channel, user, self._slack.clock.now(), message)
        return f"{self._slack.origin}/actions/{team}/{key}"

    async def post(self, request: web.Request) -> web.Response:
        """The endpoint."""
        response = self._known.get(request.match_info["key"])
        if response is None:
            self._slack.blame("response_url", "expired_url", "nobody gave out this URL")
            return web.Response(status=404, text="expired_url")
        if self._slack.clock.now() - response.since > SECONDS:
            return web.Response(status=404, text="expired_url")
        response.uses += 1
        if response.uses > MOST_USES:
            self._slack.blame("response_url", "used_url", f"used {response.uses} times")
            return web.Response(status=404, text="used_url")
        try:
            body = json.loads(await request.read())
        except ValueError:
            self._slack.blame("response_url", "invalid_payload", "no JSON")
            return web.Response(status=400, text="invalid_payload")
        try:
            call = Call(self._slack, "response_url", read(_METHOD, body, True), self._slack.teams[response.team], "")
            self.answer(response, call)
        except Refused as refused:
            self._slack.blame("response_url", refused.error, "; ".join(refused.messages))
            return web.Response(status=400, text=refused.error)
        return web.Response(text="ok")

    def answer_now(self, url: str, body: Any) -> None:
        """What a command was acknowledged with, as if it came through its URL."""
        response = self._known[url.rsplit("/", 1)[1]]
        given = {"text": body} if isinstance(body, str) else body
        try:
            call = Call(self._slack, "ack", read(_METHOD, given, True), self._slack.teams[response.team], "")
            self.answer(response, call)
        except Refused as refused:
            self._slack.blame("ack", refused.error, "; ".join(refused.messages))

    def answer(self, response: Response, call: Call) -> None:
        """Shows what came.

        Raises:
            Refused: it is not valid.
        """
        slack, message = self._slack, response.message
        channel = slack.channels[response.channel]
        if call.get("delete_original") and message is not None:
            if message.seen_only_by:
                # A second click may have been on its way when the first took the message away.
                if message in channel.ephemerals:
                    channel.ephemerals.remove(message)
                    slack.touch()
            else:
                slack.removed(message)
            return
        check_message(call)
        text, blocks = call.get("text", ""), call.get("blocks", [])
        # For an interaction the default is to replace what was clicked.
        if message is not None and call.get("replace_original", call.get("response_type") is None):
            message.history.append(message.text)
            message.text, message.blocks, message.stream = text, blocks, None
            slack.touch() if message.seen_only_by else slack.changed(message)
            return
        root = call.get("thread_ts", "")
        if call.get("response_type", "ephemeral") == "in_channel":
            shown = slack.add_message(channel, call.home.bot, text=text, blocks=blocks, thread_ts=root, app=True)
            slack.said(shown)
        else:
            own = Message(slack.new_ts(), channel.id, call.home.bot, call.home.id, text, blocks, root, app=True)
            own.seen_only_by = response.user
            channel.ephemerals.append(own)
            slack.touch()
