"""Slack's own facts about channels and people, remembered briefly. What Slack does not say is None, never a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import structlog
from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.audiences import Channel, Person, Right, Workspace, right_in_channel, right_of_person
from bot.slack.calls import TROUBLES

PERSON_SECONDS = 300
CHANNEL_SECONDS = 60
# A channel of more is read by too many to know them all.
MOST_MEMBERS = 2_000
# So many people are asked for one by one; more are looked for in the workspace's list first.
_ONE_BY_ONE = 20
_MOST_PAGES = 25
_AT_ONCE = 8
# Slack answers slowly at times; nobody waits longer than this to be told public knowledge.
_SECONDS = 5.0

log = structlog.get_logger()


class Directory:
    """Who is who, and who reads what. Used from one event loop.

    Args:
        direct: audiences of full members in direct messages.
        channels: audiences by channel id; a channel that is not there gets public knowledge.
        teams: workspaces and organisations whose members may see inner knowledge at all; None for every one that has
            the app, as where it is a single one.
    """

    def __init__(
        self,
        direct: Sequence[str],
        channels: Mapping[str, Sequence[str]],
        teams: Collection[str] | None = None,
    ) -> None:
        self._direct = tuple(direct)
        self._teams = None if teams is None else frozenset(teams)
        self._channels = {id: tuple(audiences) for id, audiences in channels.items()}
        self._people: TTLCache[tuple[str, str], Person] = TTLCache(20_000, PERSON_SECONDS)
        self._readers: TTLCache[tuple[str, str], tuple[Channel, tuple[Person, ...] | None]] = TTLCache(
            2_000, CHANNEL_SECONDS
        )

    async def person(self, client: AsyncWebClient, home: Workspace, user: str) -> Person | None:
        """Somebody's facts, None where Slack does not give them."""
        key = (home.team, user)
        known = self._people.get(key)
        if known is not None or not user:
            return known
        try:
            async with asyncio.timeout(_SECONDS):
                response = await client.users_info(user=user, include_locale=True)
        except TROUBLES as error:
            log.warning("slack_person_unknown", user=user, reason=_named(error))
            return None
        person = read_person(response.get("user"))
        if person is not None:
            self._people[key] = person
        return person

    async def own(self, client: AsyncWebClient, home: Workspace, user: str) -> Right:
        """What somebody may see where nobody else reads."""
        if not self._trusted(home):
            return Right(reason="unmapped")
        if not set(self._direct) - {"public"}:
            return Right(self._direct or ("public",))
        return right_of_person(self._direct, await self.person(client, home, user), home)

    async def readers(self, client: AsyncWebClient, home: Workspace, channel: str) -> Right:
        """What every reader of a conversation may see."""
        if channel.startswith("D"):
            facts = await self._channel(client, home, channel)
            return await self.own(client, home, facts.other) if facts and facts.other else Right(reason="unknown")
        configured = self._channels.get(channel) if self._trusted(home) else None
        if configured is None or not set(configured) - {"public"}:
            return right_in_channel(configured, None, None, home)
        found = self._readers.get((home.team, channel))
        if found is None:
            facts = await self._channel(client, home, channel)
            if facts is None:
                return right_in_channel(configured, None, None, home)
            closed = facts.private and not facts.shared
            found = (facts, await self._members(client, home, channel) if closed else None)
            if not closed or found[1] is not None:
                self._readers[home.team, channel] = found
        return right_in_channel(configured, *found, home)

    async def alone(self, client: AsyncWebClient, home: Workspace, user: str, channel: str) -> Right:
        """What somebody may see alone: their own, and what all who read a channel may see, where they are one of them.

        Args:
            channel: "" for none.
        """
        own = await self.own(client, home, user)
        if not channel or channel.startswith("D"):
            return own
        readers = await self.readers(client, home, channel)
        _, people = self._readers.get((home.team, channel), (None, None))
        if own.allows(readers.audiences) or not any(person.id == user for person in people or ()):
            return own
        return Right(tuple(dict.fromkeys((*own.audiences, *readers.audiences))))

    def forget(self, home: Workspace, channel: str = "", user: str = "") -> None:
        """Has Slack asked anew: somebody came, or a channel or person changed."""
        self._readers.pop((home.team, channel), None)
        self._people.pop((home.team, user), None)

    async def _channel(self, client: AsyncWebClient, home: Workspace, channel: str) -> Channel | None:
        try:
            async with asyncio.timeout(_SECONDS):
                response = await client.conversations_info(channel=channel)
        except TROUBLES as error:
            log.warning("slack_channel_unknown", channel=channel, reason=_named(error))
            return None
        return read_channel(response.get("channel"))

    async def _members(self, client: AsyncWebClient, home: Workspace, channel: str) -> tuple[Person, ...] | None:
        try:
            async with asyncio.timeout(_SECONDS):
                ids = await self._member_ids(client, channel)
                if ids is None:
                    return None
                await self._fill(client, home, ids)
        except TROUBLES as error:
            log.warning("slack_members_unknown", channel=channel, reason=_named(error))
            return None
        people = [self._people.get((home.team, id)) for id in ids]
        return None if None in people else tuple(person for person in people if person is not None)

    async def _member_ids(self, client: AsyncWebClient, channel: str) -> list[str] | None:
        ids: list[str] = []
        cursor = ""
        while len(ids) <= MOST_MEMBERS:
            response = await client.conversations_members(channel=channel, limit=1_000, cursor=cursor or None)
            ids += [id for id in response.get("members") or () if isinstance(id, str)]
            cursor = _cursor(response.data)
            if not cursor:
                return ids or None
        return None

    async def _fill(self, client: AsyncWebClient, home: Workspace, ids: Sequence[str]) -> None:
        """Learns who these are, in few calls."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            if len(self._unknown(home, ids)) <= _ONE_BY_ONE:
                break
            response = await client.users_list(limit=1_000, cursor=cursor or None, include_locale=True)
            for member in response.get("members") or ():
                if person := read_person(member):
                    self._people[home.team, person.id] = person
            cursor = _cursor(response.data)
            if not cursor:
                break
        unknown = self._unknown(home, ids)
        for start in range(0, min(len(unknown), 5 * _ONE_BY_ONE), _AT_ONCE):
            await asyncio.gather(*(self.person(client, home, id) for id in unknown[start : start + _AT_ONCE]))

    def _trusted(self, home: Workspace) -> bool:
        return self._teams is None or bool(self._teams & {home.team, home.enterprise})

    def _unknown(self, home: Workspace, ids: Sequence[str]) -> list[str]:
        return [id for id in ids if (home.team, id) not in self._people]


def read_person(user: Any) -> Person | None:
    """Somebody of what `users.info` and `users.list` give."""
    match user:
        case {"id": str(id), "team_id": str(team), **rest}:
            organisation = rest.get("enterprise_user")
            enterprise = organisation.get("enterprise_id") if isinstance(organisation, dict) else ""
            locale = rest.get("locale")
            return Person(
                id=id,
                team=team,
                enterprise=enterprise if isinstance(enterprise, str) else "",
                guest=_true(rest, "is_restricted", "is_ultra_restricted", "is_invited_user"),
                stranger=_true(rest, "is_stranger", "is_connector_bot"),
                bot=_true(rest, "is_bot"),
                deleted=_true(rest, "deleted"),
                locale=locale if isinstance(locale, str) else "",
                name=_name(rest),
            )
    return None


def read_channel(channel: Any) -> Channel | None:
    """A conversation of what `conversations.info` gives."""
    match channel:
        case {"id": str(id), **rest}:
            other = rest.get("user")
            return Channel(
                id=id,
                private=rest.get("is_private") is True or rest.get("is_im") is True or rest.get("is_mpim") is True,
                shared=_true(rest, "is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
                or bool(rest.get("pending_shared") or rest.get("pending_connected_team_ids")),
                other=other if rest.get("is_im") is True and isinstance(other, str) else "",
                group=rest.get("is_mpim") is True,
            )
    return None


def _name(user: Mapping[Any, Any]) -> str:
    profile = user.get("profile")
    shown = profile.get("display_name") if isinstance(profile, dict) else ""
    return str(shown or user.get("real_name") or user.get("name") or "")


def _true(facts: Mapping[Any, Any], *names: str) -> bool:
    return any(facts.get(name) for name in names)


def _cursor(data: object) -> str:
    match data:
        case {"response_metadata": {"next_cursor": str(cursor)}}:
            return cursor
    return ""


def _named(error: Exception) -> str:
    response = getattr(error, "response", None)
    found = response.get("error") if response is not None else None
    return f"{type(error).__name__}: {found}" if found else type(error).__name__
