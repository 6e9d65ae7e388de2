"""The shape of what the endpoints give, for OpenAPI. What is sent is written from the values themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class CitationSchema(BaseModel):
    """A passage, with the words in it that the answer rests on."""

    n: int = Field(description="The number of its marker in the text.", examples=[1])
    title: str = Field(examples=["Refunds"])
    url: str = Field(description="Opens at the very section.", examples=["/help/returns/refunds#how-long"])
    path: str = Field(description="Relative to the knowledge root.", examples=["returns/refunds.md"])
    anchor: str = Field(examples=["how-long"])
    heading: list[str] = Field(examples=[["Refunds", "How long it takes"]])
    quote: str = Field(description="Verbatim.", examples=["We refund within 5 working days."])
    language: str = Field(examples=["en"])
    score: float = Field(description="From 0 to 1: how well the passage covers the question.", examples=[0.93])
    translation: str | None = Field(
        default=None, description="The quote in the asker's language; only where it was translated."
    )


class OriginalSchema(BaseModel):
    """The text before its translation."""

    text: str = Field(examples=["Wir erstatten innerhalb von fünf Werktagen. [1]"])
    language: str = Field(description="That most of it is in.", examples=["de"])


class AnswerSchema(BaseModel):
    """An answer."""

    id: str = Field(examples=["6d0f3f6e2d3b4d0b8a4c4a3e1f2d9b10"])
    status: Literal["answered", "no_answer", "handed_off"]
    text: str = Field(description="Markdown with [1] [2] markers.", examples=["We refund within 5 working days. [1]"])
    language: str = Field(examples=["en"])
    translated: bool = Field(description="Whether the text or a quote is shown in another language than its own.")
    citations: list[CitationSchema]
    degraded: list[str] = Field(description="The parts that this answer had to do without.", examples=[[]])
    knowledge_revision: int = Field(examples=[7])
    timings_ms: dict[str, float] = Field(examples=[{"recall": 9.1, "rerank": 1.2, "answer": 2.0, "total": 14.2}])
    original: OriginalSchema | None = Field(default=None, description="Only where the text was translated.")
    conversation_id: str | None = Field(default=None, description="Only where the request had one.")
