"""Who sees what in Slack: decided from Slack's own facts about channels and people, never from what is written.

Inner knowledge is shown only where every reader may see it. Whatever is not known counts against it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.question import PUBLIC

# Why only public knowledge is used; "" where nothing was taken away.
Reason = Literal["", "unmapped", "public_channel", "shared", "guests", "unknown", "person"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the app is installed; `enterprise` is "" outside of an Enterprise organisation."""

    team: str
    enterprise: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as `users.info` describes them.

    Attributes:
        guest: of one or several channels.
        stranger: from a workspace that shares a channel with this one.
        locale: such as pt-BR, "" if unknown.
        name: as others see it.
    """

    id: str
    team: str
    enterprise: str = ""
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    deleted: bool = False
    locale: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation as `conversations.info` describes it.

    Attributes:
        shared: with other workspaces, or about to be.
        other: in a direct message the person that the app speaks with, "" otherwise.
        group: a direct message among several people.
    """

    id: str
    private: bool
    shared: bool = False
    other: str = ""
    group: bool = False


@dataclass(frozen=True, slots=True)
class Right:
    """Whose files may be used.

    Attributes:
        reason: why it is less than what is configured.
    """

    audiences: tuple[str, ...] = PUBLIC
    reason: Reason = ""

    def allows(self, used: Collection[str]) -> bool:
        """Whether what was made from the files of these audiences may be shown."""
        return set(used) <= {*self.audiences, *PUBLIC}


def belongs(person: Person, home: Workspace) -> bool:
    """Whether somebody is a full member: no guest, and of this workspace or organisation."""
    return _of(person, home) and not person.guest and not person.stranger and not person.deleted


def right_of_person(configured: Sequence[str], person: Person | None, home: Workspace) -> Right:
    """What somebody may see where nobody else reads.

    Args:
        configured: for direct messages of full members.
        person: None where Slack did not say.
    """
    wanted = tuple(configured) or PUBLIC
    if not _inner(wanted):
        return Right(wanted)
    if person is None:
        return Right(PUBLIC, "unknown")
    return Right(wanted) if belongs(person, home) and not person.bot else Right(PUBLIC, "person")


def right_in_channel(
    configured: Sequence[str] | None, channel: Channel | None, members: Collection[Person] | None, home: Workspace
) -> Right:
    """What every reader of a channel may see.

    Args:
        configured: for this channel, None where it is not in the configuration.
        channel, members: None where Slack did not say.
    """
    if configured is None:
        return Right(PUBLIC, "unmapped")
    wanted = tuple(configured) or PUBLIC
    if not _inner(wanted):
        return Right(wanted)
    if channel is None:
        return Right(PUBLIC, "unknown")
    if channel.shared:
        return Right(PUBLIC, "shared")
    if not channel.private:
        return Right(PUBLIC, "public_channel")
    if members is None:
        return Right(PUBLIC, "unknown")
    reading = [person for person in members if not person.deleted]
    if any(person.stranger or not _of(person, home) for person in reading):
        return Right(PUBLIC, "shared")
    if any(person.guest for person in reading):
        return Right(PUBLIC, "guests")
    return Right(wanted)


def used_audiences(
    citations: Mapping[str, Collection[str]], searched: Sequence[str], *, exact: bool
) -> tuple[str, ...]:
    """Whose knowledge an answer shows.

    Args:
        citations: each cited file with the audiences that files of this path belong to; none where it is gone.
        searched: the audiences that were searched.
        exact: whether the answer consists of the quoted words alone, so that nothing but what it cites is in it.
    """
    if not exact or not all(citations.values()):
        return tuple(searched)
    return tuple(sorted({audience for found in citations.values() for audience in found}))


def _inner(audiences: Sequence[str]) -> bool:
    return bool(set(audiences) - set(PUBLIC))


def _of(person: Person, home: Workspace) -> bool:
    return person.team == home.team or (bool(home.enterprise) and person.enterprise == home.enterprise)
