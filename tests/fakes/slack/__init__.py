"""A stand-in for Slack that enforces what Slack enforces, for the real SDK and the real Bolt to talk to."""

from tests.fakes.slack.model import Channel, Message, Team, User, View
from tests.fakes.slack.refusals import Violation
from tests.fakes.slack.server import FakeSlack

__all__ = ["Channel", "FakeSlack", "Message", "Team", "User", "View", "Violation"]
