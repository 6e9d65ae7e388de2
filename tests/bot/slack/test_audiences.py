"""Inner knowledge is decided by facts, and whatever is not known counts against it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.audiences import (
    Channel,
    Person,
    Workspace,
    right_in_channel,
    right_of_person,
    used_audiences,
)

HOME = Workspace("T1", "E1")
people = st.builds(
    Person,
    id=st.sampled_from(("U1", "U2", "U3")),
    team=st.sampled_from(("T1", "T1", "T2")),
    enterprise=st.sampled_from(("", "E1", "E2")),
    guest=st.booleans(),
    stranger=st.booleans(),
    bot=st.booleans(),
    deleted=st.booleans(),
)
channels = st.builds(
    Channel, id=st.just("C1"), private=st.booleans(), shared=st.booleans(), group=st.booleans(), other=st.just("")
)
wanted = st.lists(st.sampled_from(("public", "agents", "leads")), max_size=3).map(tuple)


def full(person: Person) -> bool:
    own = person.team == "T1" or person.enterprise == "E1"
    return own and not (person.guest or person.stranger or person.deleted)


@settings(max_examples=2_500)
@given(st.none() | wanted, st.none() | channels, st.none() | st.lists(people, max_size=6))
def test_a_channel_gets_inner_knowledge_only_if_all_who_read_it_are_full_members(
    configured: Sequence[str] | None, channel: Channel | None, members: Sequence[Person] | None
) -> None:
    right = right_in_channel(configured, channel, members, HOME)
    inner = set(right.audiences) - {"public"}
    assert inner <= set(configured or ())
    if inner:
        assert channel is not None
        assert channel.private
        assert not channel.shared
        assert members is not None
        assert all(full(person) for person in members if not person.deleted)
        assert right.reason == ""
    elif set(configured or ()) - {"public"}:
        assert right.reason in ("public_channel", "shared", "guests", "unknown")


@settings(max_examples=500)
@given(wanted, st.none() | people)
def test_a_person_gets_inner_knowledge_only_as_a_full_member(configured: Sequence[str], person: Person | None) -> None:
    right = right_of_person(configured, person, HOME)
    if set(right.audiences) - {"public"}:
        assert person is not None
        assert full(person)
        assert not person.bot
    elif set(configured) - {"public"}:
        assert right.reason in ("person", "unknown")


def test_an_answer_shows_what_its_files_belong_to_now() -> None:
    searched = ("public", "agents")
    assert used_audiences({"a.md": ("public",)}, searched, exact=True) == ("public",)
    assert used_audiences({"a.md": ("public",), "b.md": ("agents",)}, searched, exact=True) == ("agents", "public")
    # Gone, or written by a model that has read more than it cites.
    assert used_audiences({"a.md": ()}, searched, exact=True) == searched
    assert used_audiences({"a.md": ("public",)}, searched, exact=False) == searched
    assert used_audiences({}, searched, exact=True) == ()
