"""Has memory filled as it is handed out, so that nothing of its last use stands in it.

Chroma writes all that it reserves for vectors to its files, with whatever stood there before: words of customers, which
would outlast their erasure. So what it reserves must be empty.
"""

from __future__ import annotations

import ctypes

# M_PERTURB of glibc's malloc.h: memory is filled with the complement of the byte, and with the byte once it is freed.
_PERTURB, _ZEROS_WHEN_HANDED_OUT = -6, 0xFF


def keep_memory_clean() -> None:
    """From now on, for the whole process; with other C libraries than glibc it does nothing."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_PERTURB, _ZEROS_WHEN_HANDED_OUT)
