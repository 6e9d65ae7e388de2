"""Whether the desk lives, what of it is ready, and its figures."""

from __future__ import annotations

from dataclasses import replace

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from bot.knowledge import Dependency
from bot.service import Service
from bot.web.access import is_operator

router = APIRouter()


class Health(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class DependencySchema(BaseModel):
    """One thing that the desk needs."""

    ready: bool
    detail: str = Field(
        description="Empty for those who are no operators where the thing is out, or is a service that may be",
        examples=["revision 7, 41 files, 212 passages"],
    )
    required: bool = Field(description="Whether the desk answers nobody without it")


class Ready(BaseModel):
    """Whether questions can be answered, and the state of each dependency."""

    status: str = Field(examples=["ready"])
    dependencies: dict[str, DependencySchema]


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Is the process alive?", responses={200: {"model": Health}})
async def health() -> Response:
    return Response(b'{"status":"alive"}', media_type="application/json")


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    summary="Can questions be answered?",
    description="What services and faults say of themselves is for operators.",
    responses={200: {"model": Ready}, 503: {"model": Ready, "description": "Not yet, or something is broken"}},
)
async def ready(request: Request) -> Response:
    service: Service = request.app.state.service
    dependencies = await service.dependencies()
    if not is_operator(request):
        dependencies = {name: _public(dependency) for name, dependency in dependencies.items()}
    good = all(dependency.ready or not dependency.required for dependency in dependencies.values())
    body = {"status": "ready" if good else "not_ready", "dependencies": dependencies}
    return Response(orjson.dumps(body), 200 if good else 503, media_type="application/json")


def _public(dependency: Dependency) -> Dependency:
    """Without what services and faults say: addresses, paths, and what a server repeats of a request."""
    return dependency if dependency.ready and dependency.required else replace(dependency, detail="")


@router.get("/metrics", summary="For Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    service: Service = request.app.state.service
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
