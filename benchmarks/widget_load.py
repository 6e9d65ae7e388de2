"""What the widget's script tag costs a page: time of its main thread, blocking, and shifts of its layout.

A shop's page is loaded with the tag and without, in turn, each time in a fresh profile with nothing cached, on a
processor slowed down four times as the browser's own tools do it. Main-thread time is all that the page's thread does
from the beginning of the navigation until half a second after the load event, in processor time, so that what else
runs on the machine counts little; blocking is what tasks last over 50 ms (Total Blocking Time). Then the panel is
opened, whose page is on the desk's site and so in a process and on a thread of its own. Shifts are summed without
leave for those after a press. `--limit` is the number of loads of each kind (60).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.desk import ROOT
from benchmarks.options import Options
from benchmarks.panels import Stage, stage
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from retrieval.evaluate import percentile

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

LOADS = 60
SLOWER = 4
SETTLED = 500  # milliseconds
OFFERS = 120  # of the shop's page
BLOCKS_FROM = 50.0
METRICS = ("TaskDuration", "ScriptDuration")
# From the first moment of the page on; `buffered` hands over what came before the observer.
WATCH = """
window.__watched = { tasks: [], shift: 0 };
new PerformanceObserver((list) => window.__watched.tasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.__watched.shift += entry.value)))
  .observe({ type: "layout-shift", buffered: true });
"""
OPENED = (
    "(() => { polydesk.open(); return new Promise((done) => polydesk.on('ready', () => setTimeout(done, %d))); })()"
)


@dataclass(slots=True)
class _Costs:
    """Of each load, milliseconds; shifts as the browser scores them."""

    thread: list[float] = field(default_factory=list)
    scripts: list[float] = field(default_factory=list)
    blocking: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)

    def minus(self, other: _Costs) -> _Costs:
        """Pair by pair."""
        return _Costs(
            _differences(self.thread, other.thread),
            _differences(self.scripts, other.scripts),
            _differences(self.blocking, other.blocking),
            _differences(self.shift, other.shift),
        )


def run(options: Options) -> Result:
    """Loads both pages in turn."""
    loads = options.limit or LOADS
    without, tagged, opening = _Costs(), _Costs(), _Costs()
    with options.folder("widget_load") as folder, stage(folder, ROOT / "knowledge") as on:
        pages = {"without": _page(on, ""), "tagged": _page(on, f"<script {on.desk.script} defer></script>")}
        _load(on, pages["tagged"], _Costs(), _Costs())  # The desk's first answer to anybody.
        for number in range(loads):
            order = list(pages) if number % 2 else list(pages)[::-1]
            for name in order:
                _load(on, pages[name], *((tagged, opening) if name == "tagged" else (without, None)))
    return Result(
        title="Loading a page with the widget's tag",
        baseline="the same page without the tag.",
        setting={"loads of each": loads, "processor slowed down": SLOWER, "settled after ms": SETTLED},
        columns=("", "main thread ms p50", "p95", "scripts ms p50", "blocking ms p50", "p95", "layout shift, most"),
        rows=(
            _row("baseline: the page without it", without),
            _row("the page with it", tagged),
            _row("added by it, pair by pair", tagged.minus(without)),
            _row("opening the panel, on the page's thread", opening),
        ),
        details={"added ms": [round(one, 2) for one in tagged.minus(without).thread]},
    )


def _row(name: str, costs: _Costs) -> tuple[Cell, ...]:
    thread, late, _ = quantiles(costs.thread)
    blocking, blocking_late, _ = quantiles(costs.blocking)
    return name, thread, late, percentile(costs.scripts, 0.5), blocking, blocking_late, max(costs.shift, default=None)


def _page(on: Stage, tag: str) -> str:
    """A shop's page of some size, the same but for the tag."""
    offer = (
        "<article><h2>A bike</h2><p>It is light, fast and repaired in an hour.</p><a href='/bike'>To it</a></article>"
    )
    style = "body{font:16px/1.5 sans-serif;margin:2rem}main{display:grid;grid-template-columns:repeat(3,1fr);gap:1rem}"
    head = f'<meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,"><style>{style}</style>{tag}'
    body = f"<body><h1>Shop</h1><main>{offer * OFFERS}</main></body>"
    page = f'<!doctype html><html lang="en"><head>{head}</head>{body}</html>'
    on.host.put("/empty", "<!doctype html><title>Shop</title>")
    return on.host.put("/tagged" if tag else "/plain", page)


def _load(on: Stage, url: str, costs: _Costs, opening: _Costs | None) -> None:
    """One load in a fresh profile, from a page of the same site, so that one process and its counters serve both."""
    with on.browser.new_context(viewport={"width": 1200, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{on.host.origin}/empty")
        client = context.new_cdp_session(page)
        client.send("Performance.enable", {"timeDomain": "threadTicks"})
        client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(WATCH)
        before = _metrics(client)
        page.goto(url, wait_until="load")
        page.wait_for_timeout(SETTLED)
        _note(costs, page, before, _metrics(client))
        if opening is not None:
            page.evaluate("window.__watched.tasks.length = 0; window.__watched.shift = 0")
            before = _metrics(client)
            page.evaluate(OPENED % SETTLED)
            _note(opening, page, before, _metrics(client))


def _note(costs: _Costs, page: Page, before: dict[str, float], after: dict[str, float]) -> None:
    watched = page.evaluate("window.__watched")
    spent = {name: (after[name] - before[name]) * 1000 for name in METRICS}
    costs.thread.append(spent["TaskDuration"])
    costs.scripts.append(spent["ScriptDuration"])
    costs.blocking.append(sum(max(0.0, length - BLOCKS_FROM) for length in watched["tasks"]))
    costs.shift.append(watched["shift"])


def _metrics(client: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}


def _differences(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [one - other for one, other in zip(ours, theirs, strict=True)]
