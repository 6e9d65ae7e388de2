"""Tries everything the desk needs, as it is used; a sentence each on what works and what to do about the rest."""

from bot.doctor.examination import examine
from bot.doctor.finding import Finding

__all__ = ["Finding", "examine"]
