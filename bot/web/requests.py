"""What the endpoints take, and how a body is read: once, by its bytes, straight into its model."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException

from bot.question import NOT_TEXT

Audience = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,62}$")]


def _text(text: str) -> str:
    if NOT_TEXT.search(text):
        raise ValueError("this is no text")
    return text


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskBody(Body):
    """A question."""

    question: str = Field(examples=["How long does a refund take?"], description="In any language.")
    language: str = Field(
        default="", max_length=35, examples=["de"], description="Of the answer; empty to have it detected."
    )
    conversation_id: str = Field(
        default="",
        max_length=64,
        examples=["new"],
        description='"new" or the id of an earlier answer; the conversation keeps its language.',
    )
    audiences: tuple[Audience, ...] | None = Field(
        default=None,
        max_length=32,
        examples=[["public"]],
        description="Whose files are used; for operators only. Everybody else asks as `public`.",
    )


class SearchBody(Body):
    """A question whose way through the search is wanted."""

    question: str = Field(examples=["error E-104"])
    language: str = Field(default="", max_length=35)
    conversation_id: str = Field(
        default="", max_length=64, description="Reads the question as one that follows in this conversation."
    )
    audiences: tuple[Audience, ...] | None = Field(default=None, max_length=32)


class IngestBody(Body):
    """Which roots to read; none given means the configured ones."""

    roots: tuple[str, ...] = Field(default=(), max_length=64, examples=[["/srv/help"]])


Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", max_length=35)]


class SessionBody(Body):
    """What a panel proves itself with."""

    ticket: str = Field(max_length=4_096, description="From `POST /api/widget/ticket`, by the page's loader.")
    visitor: str = Field(default="", max_length=4_096, description="The credential of an earlier session.")
    identity: str = Field(default="", max_length=4_096, description="A JWT of the shop's back end.")


class MessageBody(Body):
    """A message of a visitor's."""

    conversation: str = Field(max_length=64, examples=["new"], description='"new", or the id of one of theirs.')
    client_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]{16,64}$",
        examples=["0d8f4b7e-6a51-4c0f"],
        description="Made by the sender; a message that is sent again with the same one is taken once.",
    )
    text: str = Field(examples=["How long does a refund take?"])
    language: Language = Field(default="", examples=["de"], description="Of the widget.")


class FeedbackBody(Body):
    """What a visitor says of an answer."""

    value: Literal["up", "down"] | None = Field(description="null takes it back.")
    reason: Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_text)] = ""


class PersonBody(Body):
    """A message of one of the desk's own people."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_text)
    ]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_text)] = Field(
        default="", examples=["Ana"], description="Shown to the visitor."
    )


Model = TypeVar("Model", bound=Body)


async def read_body(request: Request, model: type[Model]) -> Model:
    """The request's body as a model.

    Raises:
        HTTPException: 415 when it is declared as something else than JSON.
        ValidationError: when it is not what the model says.
    """
    declared = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if declared != "application/json":
        raise HTTPException(415, "The body must be application/json.")
    return model.model_validate_json(await request.body())


def body_schema(model: type[Body]) -> dict[str, object]:
    """The request body for OpenAPI, as FastAPI cannot see what `read_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def browser_languages(request: Request) -> tuple[str, ...]:
    """The languages of Accept-Language, best first; at most eight."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(request.headers.get("accept-language", "").split(",")[:8]):
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if code and code != "*" and len(code) <= 35 and code.replace("-", "").isalnum() and code.isascii():
            weighed.append((-weight, place, code))
    return tuple(code for _, _, code in sorted(weighed))
