"""What a page and its visitors download of the widget, with `gzip -9`, against what others' widgets weigh.

The loader is on every page; the bridge and the panel come when somebody wants to ask. The phrases of the visitor's
language, which the panel asks the desk for, are named beside them. The peers' figures are those of the request for
this widget, in thousands of bytes: deep-chat 2.4.2, @botpress/webchat 4.5.2 and @n8n/chat 1.37 (with its style) by
`gzip -9` of the bundles in their npm packages, AnythingLLM's embed and Onyx' web component (100 to 150) by their
repositories. They are not measured again here.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import yaml

from benchmarks.desk import ROOT
from benchmarks.options import Options
from benchmarks.result import Cell, Result

BUILT = ROOT / "bot" / "web" / "widget" / "static"
PEERS = {"deep-chat": 111.0, "Onyx, at least": 100.0, "AnythingLLM": 214.0, "botpress": 234.0, "n8n": 456.0}
ASKED = {"loader": 3.0, "panel": 40.0}


def run(options: Options) -> Result:
    """Weighs what is built."""
    loader = [BUILT / "widget.js"]
    names = ("assets/bridge-*.js", "assets/panel-*.js", "assets/panel-*.css", "panel.html")
    bridge, script, style, page = (list(BUILT.glob(name)) for name in names)
    rows: list[tuple[Cell, ...]] = [
        ("loader: widget.js, on every page", *_weight(loader), ASKED["loader"]),
        ("bridge, once somebody wants the panel", *_weight(bridge), None),
        ("panel's script", *_weight(script), None),
        ("panel's style", *_weight(style), None),
        ("bridge and panel", *_weight([*bridge, *script, *style]), ASKED["panel"]),
        ("everything, with the panel's page", *_weight([*loader, *bridge, *script, *style, *page]), None),
        ("beside it: the phrases of one language, at most", *_phrases(), None),
        *((f"baseline: {name}", kilobytes, None, None) for name, kilobytes in PEERS.items()),
    ]
    return Result(
        title="Size of the widget",
        baseline="the published figures of other widgets, gzipped; not measured here.",
        setting={"files": len([*loader, *bridge, *script, *style, *page])},
        columns=("", "kB gzip", "kB", "asked, kB gzip"),
        rows=rows,
    )


def _weight(files: list[Path]) -> tuple[float, float]:
    """Each file by itself, as it is sent."""
    contents = [file.read_bytes() for file in files]
    return sum(_gzipped(content) for content in contents) / 1000, sum(map(len, contents)) / 1000


def _phrases() -> tuple[float, float]:
    catalogues = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / "locales").glob("*.yaml")]
    contents = [json.dumps(catalogue, ensure_ascii=False).encode() for catalogue in catalogues]
    return max(map(_gzipped, contents)) / 1000, max(map(len, contents)) / 1000


def _gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))
