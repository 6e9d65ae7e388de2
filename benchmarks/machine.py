"""The machine, the day and the versions that a figure was measured with: without them it means nothing."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("polydesk", "chromadb", "onnxruntime", "numpy", "sqlalchemy", "fastapi", "uvicorn", "torch",
            "sentence-transformers")  # fmt: skip
# What decides which kernels the encoder may use.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "avx_vnni")


def describe() -> dict[str, Any]:
    """The keys `date`, `machine` and `versions` of a result file."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": _processor("model name") or platform.machine(),
            "cores": os.cpu_count(),
            "instructions": [name for name in INSTRUCTIONS if name in _processor("flags").split()],
            "memory_gb": round(_memory_bytes() / 1e9, 1),
            "system": platform.platform(),
            # Above the cores in use by the benchmark itself, something else ran beside it.
            "load_average": [round(load, 2) for load in os.getloadavg()],
        },
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _processor(key: str) -> str:
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return ""
    for line in information.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
