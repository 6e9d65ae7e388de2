"""How a widget gets in: tickets by origin, sessions, visitors known again, and users whom the shop vouches for."""

from __future__ import annotations

import asyncio
import hmac
import threading
import time
from contextlib import aclosing
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI

from bot.config import IdentitySettings
from bot.service import Service
from bot.web.app import create_app
from bot.web.widget.identity import read_identity
from bot.web.widget.tokens import TokenRefused, Tokens
from tests.bot.web.widget.conftest import OTHER, SECRET, SHOP, Clock, Opening, client, identity
from tests.conftest import TOKEN, Problems
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "How long does a refund take?"


async def ticket(http: httpx.AsyncClient, desk: str = "shop", origin: str | None = SHOP) -> httpx.Response:
    headers = {} if origin is None else {"Origin": origin}
    return await http.post(f"/api/widget/ticket?desk={desk}", headers=headers)


@pytest.mark.parametrize("origin", [SHOP, OTHER, "http://desk", "https://desk"])
async def test_pages_of_the_allowlist_and_the_desks_own_get_a_ticket(http: httpx.AsyncClient, origin: str) -> None:
    response = await ticket(http, origin=origin)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["vary"] == "Origin"
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers
    session = await http.post("/api/widget/session", json=response.json())
    assert session.json()["origin"] == origin


async def test_behind_a_proxy_with_a_host_of_its_own_the_public_address_is_the_desks_own(
    desk: Service, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    server = desk.settings.server.model_copy(update={"public_url": "https://Help.example:443/desk"})
    monkeypatch.setattr(desk, "settings", desk.settings.model_copy(update={"server": server}))
    async with client(create_app(desk, TOKEN)) as http:
        assert (await ticket(http, origin="https://help.example")).status_code == 200
        problem(await ticket(http, origin="https://help.example:8443"), 403)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://evil.example",
        "https://shop.example:8443",
        "https://SHOP.example",
        "https://sub.shop.example",
        "file://",
        "https://",
        "https://[",
        "https://desk@evil.example",
        "javascript://desk",
        "https://desk:1",
    ],
)
async def test_no_other_page_gets_one(http: httpx.AsyncClient, problem: Problems, origin: str | None) -> None:
    response = await ticket(http, origin=origin)
    detail = problem(response, 403)
    assert "shop" in detail
    if origin:
        assert origin in detail
        assert response.headers["access-control-allow-origin"] == origin


async def test_a_desk_has_its_own_origins(http: httpx.AsyncClient, problem: Problems) -> None:
    assert (await ticket(http, "other", SHOP)).status_code == 200
    problem(await ticket(http, "other", OTHER), 403)
    problem(await ticket(http, "default", SHOP), 403)
    problem(await ticket(http, "unknown", SHOP), 404)
    problem(await ticket(http, "../shop", SHOP), 404)


async def test_a_session_says_what_the_panel_shows(enter: Opening, http: httpx.AsyncClient) -> None:
    session = (await enter()).session
    assert session.keys() == {"token", "expires_in", "visitor", "origin", "user", "agent", "desk"}
    assert (session["expires_in"], session["origin"], session["user"], session["agent"]) == (900, SHOP, None, False)
    assert session["desk"] == {"name": "The shop", "email": "help@shop.example", "person": True, "fresh": False}
    assert session["token"] != session["visitor"]


async def test_a_ticket_is_good_for_a_minute_and_for_nothing_else(
    enter: Opening, http: httpx.AsyncClient, app: FastAPI, desk: Service, clock: Clock, problem: Problems
) -> None:
    async def traded(given: str) -> httpx.Response:
        return await http.post("/api/widget/session", json={"ticket": given})

    early = Tokens(desk.widget_key, 30, lambda: clock() - 61).ticket("shop", SHOP)
    panel = await enter()
    for wrong in ("", "garbage", early, panel.session["token"], panel.session["visitor"], identity()):
        problem(await traded(wrong), 401)
    assert (await traded(app.state.widget.tokens.ticket("shop", SHOP))).status_code == 200
    problem(await traded(app.state.widget.tokens.ticket("removed", SHOP)), 404)


async def test_a_token_expires_by_the_desks_clock(enter: Opening, clock: Clock, problem: Problems) -> None:
    panel = await enter()
    assert (await panel.call("GET", "/conversations")).status_code == 200
    try:
        clock.ahead = 899
        assert (await panel.call("GET", "/conversations")).status_code == 200
        clock.ahead = 901
        problem(await panel.call("GET", "/conversations"), 401)
    finally:
        clock.ahead = 0


async def test_a_stream_ends_with_its_token(enter: Opening, app: FastAPI) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    tokens: Tokens = app.state.widget.tokens
    owner = tokens.read_access(panel.session["token"]).owner
    panel.session["token"] = tokens.access(owner, 1)
    started = time.monotonic()
    async with asyncio.timeout(30):
        events = [event async for event in panel.events(conversation)]
    assert 0.5 < time.monotonic() - started < 10
    assert [event.name for event in events] == ["history"]


async def test_a_visitor_is_known_again_on_the_same_pages_only(enter: Opening) -> None:
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    credential = panel.session["visitor"]
    again = await enter(visitor=credential)
    assert (await again.history(conversation))["conversation"] == conversation
    for desk, origin in (("shop", OTHER), ("other", SHOP)):
        elsewhere = await enter(desk, origin, visitor=credential)
        assert (await elsewhere.call("GET", "/conversations")).json() == {"conversations": []}


async def test_a_credential_stays_the_same_for_a_day(enter: Opening, clock: Clock) -> None:
    credential = (await enter()).session["visitor"]
    assert (await enter(visitor=credential)).session["visitor"] == credential
    clock.ahead += 86_401
    try:
        renewed = (await enter(visitor=credential)).session["visitor"]
        assert renewed != credential
        assert (await enter(visitor=renewed)).session["visitor"] == renewed
    finally:
        clock.ahead -= 86_401


@pytest.mark.parametrize("credential", ["garbage", "a.b.c", "x" * 4_000])
async def test_a_credential_that_is_none_makes_somebody_new(enter: Opening, credential: str) -> None:
    panel = await enter(visitor=credential)
    assert (await panel.call("GET", "/conversations")).json() == {"conversations": []}


async def test_an_expired_credential_makes_somebody_new(
    enter: Opening, desk: Service, clock: Clock, app: FastAPI
) -> None:
    panel = await enter()
    await panel.answered(QUESTION)
    owner = app.state.widget.tokens.read_access(panel.session["token"]).owner
    old = Tokens(desk.widget_key, 30, lambda: clock() - 31 * 86_400).credential(owner)
    assert (await (await enter(visitor=old)).call("GET", "/conversations")).json() == {"conversations": []}
    good = app.state.widget.tokens.credential(owner)
    assert len((await (await enter(visitor=good)).call("GET", "/conversations")).json()["conversations"]) == 1


async def test_a_users_conversations_follow_them_to_other_devices(enter: Opening) -> None:
    phone = await enter(identity=identity("ana", name="Ana", agent=False))
    assert phone.session["user"] == {"name": "Ana"}
    assert phone.session["visitor"] == ""
    conversation, _ = await phone.answered(QUESTION)
    desktop = await enter(identity=identity("ana"))
    assert (await desktop.history(conversation))["conversation"] == conversation
    for other in (identity("bob"), identity("Ana")):
        assert (await (await enter(identity=other)).call("GET", "/conversations")).json() == {"conversations": []}
    # The other desk's Ana is somebody else, although the same shop vouches for both.
    elsewhere = await enter("other", identity=identity("ana"))
    assert (await elsewhere.call("GET", "/conversations")).json() == {"conversations": []}


async def test_what_was_said_before_signing_in_moves_to_the_user(enter: Opening, problem: Problems) -> None:
    anonymous = await enter()
    conversation, _ = await anonymous.answered(QUESTION)
    listening = asyncio.create_task(_all(anonymous.events(conversation)))
    await asyncio.sleep(0.05)
    user = await enter(visitor=anonymous.session["visitor"], identity=identity("eva"))
    # What was open as somebody who is nobody any more, ends.
    async with asyncio.timeout(30):
        await listening
    assert (await user.history(conversation))["messages"][0]["text"] == QUESTION
    problem(await anonymous.call("GET", f"/conversations/{conversation}/events"), 404)
    assert (await anonymous.call("GET", "/conversations")).json() == {"conversations": []}
    _, answer = await user.answered("And who pays?", conversation)
    assert answer["number"] == 4
    # Both must be proven: a credential of other pages moves nothing.
    other = await enter("shop", OTHER)
    kept, _ = await other.answered(QUESTION)
    await enter(visitor=other.session["visitor"], identity=identity("eva"))
    assert (await other.history(kept))["conversation"] == kept


async def test_a_conversation_that_is_read_while_it_moves_is_the_users(
    enter: Opening, desk: Service, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    anonymous = await enter()
    conversation, _ = await anonymous.answered(QUESTION)
    chats, reading, moved = desk.chats, threading.Event(), threading.Event()
    load, move = chats._store.load, chats._store.move

    def slow_load(*arguments: Any) -> Any:
        loaded = load(*arguments)
        reading.set()
        moved.wait(30)
        return loaded

    def told_move(*arguments: Any) -> Any:
        try:
            return move(*arguments)
        finally:
            moved.set()

    await eventually(lambda: not chats._memory._live[conversation].users)
    del chats._memory._live[conversation]
    monkeypatch.setattr(chats._store, "load", slow_load)
    monkeypatch.setattr(chats._store, "move", told_move)
    listening = asyncio.create_task(anonymous.call("GET", f"/conversations/{conversation}/events"))
    await asyncio.to_thread(reading.wait, 30)
    user = await enter(visitor=anonymous.session["visitor"], identity=identity("uma"))
    await listening
    assert (await user.history(conversation))["messages"][0]["text"] == QUESTION
    problem(await anonymous.call("GET", f"/conversations/{conversation}/events"), 404)


async def test_an_identity_for_ever_gives_a_token_as_short_as_any(enter: Opening) -> None:
    assert (await enter(identity=identity(exp=float("inf")))).session["expires_in"] == 900


async def test_a_message_sent_again_after_signing_in_is_taken_once(enter: Opening) -> None:
    anonymous = await enter()
    receipt = await anonymous.say(QUESTION, client_id="sent-twice-as-two")
    user = await enter(visitor=anonymous.session["visitor"], identity=identity("ida"))
    assert await user.say(QUESTION, client_id="sent-twice-as-two") == receipt
    # A name that the user gave to another message before does not keep the conversation from moving.
    another = await enter()
    moved = await another.say(QUESTION, client_id="sent-twice-as-two")
    assert moved["conversation"] != receipt["conversation"]
    user = await enter(visitor=another.session["visitor"], identity=identity("ida"))
    listed = (await user.call("GET", "/conversations")).json()["conversations"]
    assert {each["id"] for each in listed} == {receipt["conversation"], moved["conversation"]}


async def _all(events: Any) -> list[Any]:
    async with aclosing(events) as following:
        return [event async for event in following]


NOW = 1_795_600_000.0
WRONG: dict[str, str] = {
    "expired": jwt.encode({"sub": "ana", "exp": NOW - 1}, SECRET, "HS256"),
    "no expiry": jwt.encode({"sub": "ana"}, SECRET, "HS256"),
    "no subject": jwt.encode({"exp": NOW + 60}, SECRET, "HS256"),
    "an empty subject": jwt.encode({"sub": "", "exp": NOW + 60}, SECRET, "HS256"),
    "a long subject": jwt.encode({"sub": "x" * 257, "exp": NOW + 60}, SECRET, "HS256"),
    "no text": jwt.encode({"sub": "a\0b", "exp": NOW + 60}, SECRET, "HS256"),
    "not yet": jwt.encode({"sub": "ana", "exp": NOW + 600, "nbf": NOW + 300}, SECRET, "HS256"),
    "another key": jwt.encode({"sub": "ana", "exp": NOW + 60}, SECRET[::-1], "HS256"),
    "another algorithm": jwt.encode({"sub": "ana", "exp": NOW + 60}, SECRET * 2, "HS512"),
    "no signature": jwt.encode({"sub": "ana", "exp": NOW + 60}, "", "none"),
    "expiry is no time": jwt.encode({"sub": "ana", "exp": "soon"}, SECRET, "HS256"),
    "expiry is no number": jwt.encode({"sub": "ana", "exp": float("nan")}, SECRET, "HS256"),
    "garbage": "garbage",
    "deep": f"{'W3' * 1_500}.e30.x",
    "too long": "x" * 5_000,
}


@pytest.mark.parametrize("kind", WRONG)
async def test_an_identity_that_proves_nothing_is_refused(kind: str) -> None:
    with pytest.raises(TokenRefused):
        read_identity(WRONG[kind], IdentitySettings(secret=SECRET), NOW)


async def test_an_identity_names_its_user() -> None:
    token = jwt.encode({"sub": "ana", "exp": NOW + 60, "aud": "shop", "name": "Ana\n", "agent": "yes"}, SECRET, "HS256")
    found = read_identity(token, IdentitySettings(secret=SECRET), NOW)
    # A name that is no line of text is left out, and only `true` makes an agent.
    assert (found.subject, found.name, found.agent, found.expires) == ("ana", "", False, NOW + 60)
    with pytest.raises(TokenRefused):
        read_identity(token, IdentitySettings(), NOW)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("می\u200cخواهد", "می\u200cخواهد"),
        ("Jean\u00a0Luc", "Jean\u00a0Luc"),
        ("Ana\u202eb", ""),
        ("Ana\ud83d", ""),
        ("Ana\tB", ""),
    ],
)
async def test_names_are_written_as_their_languages_write_them(name: str, shown: str) -> None:
    token = jwt.encode({"sub": f"1{shown}", "exp": NOW + 60, "name": name}, SECRET, "HS256")
    found = read_identity(token, IdentitySettings(secret=SECRET), NOW)
    assert (found.subject, found.name) == (f"1{shown}", shown)


PRIVATE: dict[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65_537, 2_048),
}


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_an_identity_may_be_signed_with_a_private_key(algorithm: Any) -> None:
    key = PRIVATE[algorithm]
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings = IdentitySettings(public_key=public, algorithm=algorithm)
    claims = {"sub": "ana", "exp": NOW + 60}
    assert read_identity(jwt.encode(claims, private, algorithm), settings, NOW).subject == "ana"
    other = next(name for name in PRIVATE if name != algorithm)
    foreign = PRIVATE[other].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Signed with what everybody knows, as if that were the secret.
    signed = ".".join(
        jwt.utils.base64url_encode(part).decode() for part in (b'{"alg":"HS256"}', b'{"sub":"ana","exp":1e11}')
    )
    mac = jwt.utils.base64url_encode(hmac.digest(public.encode(), signed.encode(), "sha256")).decode()
    for wrong in (jwt.encode(claims, foreign, other), f"{signed}.{mac}", WRONG["no signature"]):
        with pytest.raises(TokenRefused):
            read_identity(wrong, settings, NOW)


async def test_over_http_a_wrong_identity_is_a_401_also_with_a_good_visitor(
    enter: Opening, http: httpx.AsyncClient, problem: Problems
) -> None:
    panel = await enter()
    for desk, token in (("shop", identity(secret="y" * 40)), ("shop", identity(exp=1)), ("members", "")):
        body = {
            "ticket": (await ticket(http, desk)).json()["ticket"],
            "visitor": panel.session["visitor"],
            "identity": token,
        }
        problem(await http.post("/api/widget/session", json=body), 401)
    assert (await enter("members", identity=identity("ana"))).session["user"] == {"name": ""}


async def test_a_session_ends_with_the_identity_that_it_rests_on(enter: Opening) -> None:
    session = (await enter(identity=identity(exp=int(time.time()) + 100))).session
    assert 95 <= session["expires_in"] <= 100


async def test_agents_see_why_as_it_was_asked(enter: Opening, problem: Problems) -> None:
    agent = await enter(identity=identity("agent-1", agent=True))
    assert agent.session["agent"] is True
    conversation, _ = await agent.answered("How long does a refund take?")
    await agent.answered("And who pays for it?", conversation)
    why = (await agent.call("GET", f"/conversations/{conversation}/messages/2/why")).json()
    assert (why["question"], why["rewritten"]) == ("How long does a refund take?", "")
    assert why["candidates"][0]["path"] == "refunds.md"
    assert {candidate["audience"] for candidate in why["candidates"]} == {"public"}
    for number in (1, 3, 7):
        problem(await agent.call("GET", f"/conversations/{conversation}/messages/{number}/why"), 404)
    user = await enter(identity=identity("agent-1"))
    problem(await user.call("GET", f"/conversations/{conversation}/messages/2/why"), 403)
