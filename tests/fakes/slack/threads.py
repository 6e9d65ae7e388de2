"""assistant.threads.* and agents.sessions.*: what is shown around a thread."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.calls import Call
from tests.fakes.slack.model import Session, ThreadStatus
from tests.fakes.slack.refusals import Refused

STATUS_SECONDS = 120.0
_SESSION_STATES = ("active", "processing", "suspended", "closed")
_UNSUBSCRIBED = "missing_agent_session_stopped_event_subscription"


def set_status(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    root = call.root(channel, "invalid_thread_ts")
    phrases = call.get("loading_messages", [])
    if len(phrases) > 10 or not all(isinstance(phrase, str) and phrase for phrase in phrases):
        raise Refused("invalid_arguments", ["loading_messages: at most 10 texts"])
    key = (channel.id, root)
    if call.arguments["status"]:
        now = call.slack.clock.now()
        call.slack.statuses[key] = ThreadStatus(call.arguments["status"], tuple(phrases), now)
    else:
        call.slack.statuses.pop(key, None)
    call.slack.touch()
    return {}


def set_suggested_prompts(call: Call) -> dict[str, Any]:
    if not call.slack.app.agent:
        raise Refused("not_agent_app")
    channel = call.channel("channel_id")
    prompts = call.arguments["prompts"]
    if not 1 <= len(prompts) <= 4:
        raise Refused("invalid_arguments", ["one to four prompts"])
    for prompt in prompts:
        right = isinstance(prompt, dict) and set(prompt) == {"title", "message"}
        if not right or not all(isinstance(text, str) and text for text in prompt.values()):
            raise Refused("invalid_arguments", ["each prompt has a title and a message"])
    if "thread_ts" in call.arguments:
        # Of the legacy assistant; Slack lets it pass and shows nothing.
        call.blame("thread_ts", "with agent_view, prompts for a thread are silently not shown")
        return {}
    call.slack.prompts[channel.id] = (call.get("title", ""), prompts)
    call.slack.touch()
    return {}


def set_title(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    call.slack.titles[channel.id, call.root(channel, "invalid_thread_ts")] = call.arguments["title"]
    call.slack.touch()
    return {}


def set_session_status(call: Call) -> dict[str, Any]:
    if not call.slack.app.agent:
        raise Refused("not_agent_app")
    channel = call.channel("channel_id")
    root = call.root(channel)
    status, title = call.arguments["status"], call.get("title", "")
    if status not in _SESSION_STATES:
        raise Refused("invalid_arguments", [f"status must be one of {', '.join(_SESSION_STATES)}"])
    _check_title(title)
    initiator = call.get("initiator_user_id", "")
    if initiator and initiator not in channel.members:
        raise Refused("user_not_in_channel")
    session = call.slack.set_session(channel.id, root, status, title, initiator)
    answer = {"status": session.status, "agent_status": session.status, "title": session.title}
    if status == "processing" and "agent_session_stopped" not in call.slack.app.events:
        answer["warning"] = _UNSUBSCRIBED
        call.blame("agent_session_stopped", "not subscribed: nobody can stop the agent")
    return answer


def rename_session(call: Call) -> dict[str, Any]:
    channel = call.channel("channel_id")
    session: Session | None = call.slack.sessions.get((channel.id, call.root(channel)))
    if session is None:
        raise Refused("session_not_found", fault=True)
    _check_title(call.arguments["title"])
    session.title = call.arguments["title"]
    call.slack.touch()
    return {"title": session.title}


def _check_title(title: str) -> None:
    if len(title) > 200:
        raise Refused("invalid_arguments", ["title: at most 200 characters"])
