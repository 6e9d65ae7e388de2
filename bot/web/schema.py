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


class TicketSchema(BaseModel):
    """Good for a minute."""

    ticket: str


class UserSchema(BaseModel):
    """A user whom the shop's back end vouches for."""

    name: str = Field(examples=["Ana"])


class DeskSchema(BaseModel):
    """What the panel shows of the desk."""

    name: str = Field(description='Of the desk; "" for the phrase `page.title`.')
    email: str = Field(examples=["help@shop.example"])
    person: bool = Field(description="Whether people may ask for a person.")
    fresh: bool = Field(description="Whether each visit begins anew.")


class SessionSchema(BaseModel):
    """Lets a panel in."""

    token: str = Field(description="For `Authorization: Bearer`.")
    expires_in: int = Field(description="Seconds.", examples=[900])
    visitor: str = Field(description='For the next session; "" for a user, who is known by their identity.')
    origin: str = Field(description="Of the page that the ticket was given to.", examples=["https://shop.example"])
    user: UserSchema | None
    agent: bool = Field(description="Whether the user is one of the desk's own people.")
    desk: DeskSchema


class ReceiptSchema(BaseModel):
    """A message was taken."""

    conversation: str = Field(examples=["w.0b8f5d2c9a7e4d510b8f5d"])
    message: int = Field(examples=[3])
    reply: int | None = Field(examples=[4])


class RetrySchema(BaseModel):
    """The message is answered again."""

    reply: int = Field(examples=[4])


class StateSchema(BaseModel):
    """Who has the conversation."""

    state: Literal["bot", "waiting", "person"]


class ListedSchema(BaseModel):
    """A conversation."""

    id: str
    started_at: str = Field(examples=["2026-11-25T08:00:00Z"])
    updated_at: str
    preview: str = Field(description="The beginning of its first question.")


class ConversationsSchema(BaseModel):
    """Conversations, the newest first."""

    conversations: list[ListedSchema]


class SuggestionsSchema(BaseModel):
    """Questions to begin with."""

    suggestions: list[str]


class MessageSchema(BaseModel):
    """A message of a conversation."""

    number: int
    author: Literal["visitor", "bot", "person"]
    name: str = Field(description="Of the person who wrote it.")
    text: str
    language: str
    status: Literal["done", "streaming", "stopped", "failed"]
    detail: str = Field(description="Why it failed, for the visitor.")
    answer: AnswerSchema | None
    feedback: Literal["up", "down"] | None
    client_id: str
    at: str


class EventSchema(BaseModel):
    """One event of a conversation."""

    id: str = Field(description="Of digits; grows. Send the last one as `Last-Event-ID` to go on.")
    event: Literal["history", "status", "delta", "message", "state", "gone"]
    data: str = Field(description="JSON.", examples=['{"number":2,"at":0,"text":"We refund "}'])


class OperatedSchema(ListedSchema):
    """A conversation as operators see it."""

    desk: str
    origin: str
    visitor: str
    state: Literal["bot", "waiting", "person"]
    language: str
    messages: int = Field(description="How many there are.")


class OperatedListSchema(BaseModel):
    """Conversations, the newest first."""

    conversations: list[OperatedSchema]


class OperatedMessageSchema(MessageSchema):
    """A message as operators see it."""

    reason: str = Field(description="What the visitor says about their feedback.")


class OperatedChatSchema(BaseModel):
    """A conversation with its last messages."""

    id: str
    desk: str
    origin: str
    visitor: str
    state: Literal["bot", "waiting", "person"]
    language: str
    started_at: str
    updated_at: str
    messages: list[OperatedMessageSchema]


class PersonMessageSchema(BaseModel):
    """The message was added."""

    message: int = Field(description="Its number.")
