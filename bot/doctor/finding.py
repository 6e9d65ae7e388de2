"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that works or does not.

    Attributes:
        sentence: what it is, and where it does not work, what to do.
    """

    ok: bool
    sentence: str
