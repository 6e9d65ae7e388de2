"""JSON that is for whoever asked, and nobody else."""

from __future__ import annotations

import orjson
from fastapi.responses import Response


def private(values: object, status: int = 200) -> Response:
    """A response that nothing on the way keeps."""
    return Response(orjson.dumps(values), status, {"Cache-Control": "no-store"}, "application/json")
