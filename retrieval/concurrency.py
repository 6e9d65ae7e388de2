"""Several things at once, of which one that fails ends the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def all_of(*work: Coroutine[Any, Any, Result]) -> list[Result]:
    """The results, in order. Unlike after `asyncio.gather`, nothing goes on when this has failed.

    Raises:
        Exception: whatever the first piece of work that failed raised.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as failures:
        # All that failed at the same moment is in there; who asked wants one reason.
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
