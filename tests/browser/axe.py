"""Deque's axe, run in one frame."""

from __future__ import annotations

from importlib import resources

from playwright.sync_api import Frame

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Of a whole page, which a panel in a frame is not.
NOT_OF_FRAMES = {"bypass", "landmark-one-main", "region", "page-has-heading-one"}


def violations(frame: Frame, *, page: bool = False) -> list[str]:
    """What axe finds wrong, with where.

    Args:
        page: whether the frame is a page of its own.
    """
    frame.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = frame.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES)
    return [
        f"{violation['id']}: {violation['help']}: {[node['target'] for node in violation['nodes']][:5]}"
        for violation in found["violations"]
        if page or violation["id"] not in NOT_OF_FRAMES
    ]
