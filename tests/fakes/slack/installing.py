"""auth.*, oauth.v2.access, apps.*: how the app comes into a workspace and out of it."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.calls import Call
from tests.fakes.slack.refusals import Refused


def api_test(call: Call) -> dict[str, Any]:
    if call.get("error"):
        raise Refused(call.get("error"))
    return {"args": call.arguments}


def auth_test(call: Call) -> dict[str, Any]:
    team = call.home
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.slack.users[team.bot].name,
        "team_id": team.id,
        "user_id": team.bot,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def auth_revoke(call: Call) -> dict[str, Any]:
    if not call.get("test"):
        call.slack.forget_token(call.home, "token_revoked")
    return {"revoked": not call.get("test")}


def uninstall(call: Call) -> dict[str, Any]:
    app = call.slack.app
    if (call.get("client_id"), call.get("client_secret")) != (app.client_id, app.client_secret):
        raise Refused("bad_client_secret")
    call.slack.uninstall(call.home)
    return {}


def open_connection(call: Call) -> dict[str, Any]:
    if not call.slack.app.socket_mode:
        raise Refused("not_allowed_token_type", ["Socket Mode is not enabled"])
    return {"url": call.slack.socket.new_url()}


def oauth_access(call: Call) -> dict[str, Any]:
    app = call.slack.app
    if (call.get("client_id"), call.get("client_secret")) != (app.client_id, app.client_secret):
        raise Refused("bad_client_secret" if call.get("client_id") == app.client_id else "invalid_client_id")
    team_id, scopes, redirect, user = call.slack.codes.pop(call.get("code", ""), ("", (), "", ""))
    if not team_id:
        raise Refused("invalid_code")
    if redirect and call.get("redirect_uri") != redirect:
        raise Refused("bad_redirect_uri")
    team = call.slack.teams[team_id]
    token = call.slack.install(team, scopes)
    return {
        "app_id": app.id,
        "authed_user": {"id": user},
        "scope": ",".join(scopes),
        "token_type": "bot",
        "access_token": token,
        "bot_user_id": team.bot,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }
