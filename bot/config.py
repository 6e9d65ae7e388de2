"""The settings: what may be set, its default and its bounds. Read from a file by `bot.config_file`."""

from __future__ import annotations

import hashlib
import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bot.origins import canonical_origin
from retrieval.rerank.instructions import INSTRUCTION

# An upstream's address without /v1, or "" for none.
BaseUrl = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/]+(/[^\s]*[^\s/])?)?$")]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
DeskName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
Email = Annotated[str, StringConstraints(pattern=r"^([^\s@<>?&,;]+@[^\s@<>?&,;]+)?$", max_length=254)]


def _wrong(sentence: str) -> PydanticCustomError:
    # Its text goes into another sentence, and braces would be taken for places to fill.
    return PydanticCustomError("setting", "{sentence}", {"sentence": sentence})


def _origin(text: str) -> str:
    try:
        return canonical_origin(text)
    except ValueError as error:
        raise _wrong(str(error)) from error


def _public_url(text: str) -> str:
    if text:
        _origin(_site(text))
    return text


def _site(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError as error:
        raise _wrong(f"{text} is neither an address nor a network such as 10.0.0.0/8") from error


def _check_key(key: str, algorithm: str) -> None:
    # Only then: what they import takes time that other commands need not spend.
    from jwt import PyJWTError
    from jwt.algorithms import get_default_algorithms

    try:
        get_default_algorithms()[algorithm].prepare_key(key)
    except (PyJWTError, ValueError, TypeError) as error:
        kind = "secret" if algorithm == "HS256" else "public_key in PEM"
        raise _wrong(f"what it holds is no {kind} for {algorithm}") from error


Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]
PublicUrl = Annotated[BaseUrl, AfterValidator(_public_url)]


# Where questions come from; the page, the API and the command line are one.
Channel = Literal["web", "slack"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Section):
    """What one knowledge file may cost before it is refused."""

    file_bytes: int = Field(default=20_971_520, ge=1_000)
    pages: int = Field(default=2_000, ge=1)
    expanded_bytes: int = Field(default=209_715_200, ge=1_000)
    seconds: float = Field(default=30, gt=0, le=3600)
    memory_bytes: int = Field(default=1_073_741_824, ge=200_000_000)


class Knowledge(Section):
    roots: tuple[Path, ...] = Field(default=(Path("knowledge"),), min_length=1)
    watch: bool = True
    passage_tokens: int = Field(default=220, ge=40, le=480)
    minimum_tokens: int = Field(default=40, ge=0, le=200)
    limits: Limits = Limits()


class EncoderSettings(Section):
    kind: Literal["onnx", "sentence_transformers"] = "onnx"
    model: str = ""
    device: str = "cpu"
    question_threads: int = Field(default=2, ge=1, le=64)
    ingest_threads: int = Field(default=1, ge=1, le=64)


class IndexSettings(Section):
    """Chroma's HNSW graph; after a change the next start builds it anew from the store."""

    ef_construction: int = Field(default=200, ge=10, le=2_000)
    ef_search: int = Field(default=400, ge=50, le=2_000)
    max_neighbors: int = Field(default=24, ge=4, le=128)


class SearchSettings(Section):
    recall: int = Field(default=50, ge=1, le=500)


class RerankerSettings(Section):
    """What orders the recalled passages; late interaction takes over whenever another one fails."""

    kind: Literal["late_interaction", "vllm", "cross_encoder"] = "late_interaction"
    base_url: BaseUrl = ""
    api_key: SecretStr = SecretStr("")
    model: str = ""
    template: Literal["auto", "qwen3", "none"] = "auto"
    instruction: str = INSTRUCTION
    instructions: dict[str, str] = {}
    channels: dict[Channel, str] = {}
    passage_tokens: int = Field(default=4_000, ge=64, le=32_000)
    batch: int = Field(default=64, ge=1, le=1_000)
    timeout_seconds: float = Field(default=0.8, gt=0, le=60)
    device: str = "cpu"


class LLM(Section):
    """An OpenAI-compatible server; without a `base_url` there is none."""

    base_url: BaseUrl = ""
    api_key: SecretStr = SecretStr("")
    model: str = ""
    first_token_seconds: float = Field(default=2, gt=0, le=60)
    timeout_seconds: float = Field(default=4, gt=0, le=120)
    max_tokens: int = Field(default=600, ge=16, le=8_000)
    context_tokens: int = Field(default=3_000, ge=500, le=100_000)


class Translation(Section):
    """What is translated, and by whom."""

    mode: Literal["off", "question", "answer", "both"] = "off"
    engine: Literal["argos", "llm", "libretranslate"] = "argos"
    base_url: BaseUrl = ""
    api_key: SecretStr = SecretStr("")
    protected: tuple[str, ...] = ()
    models: int = Field(default=4, ge=2, le=64)
    timeout_seconds: float = Field(default=4, gt=0, le=60)


class AnswerSettings(Section):
    kind: Literal["extractive", "generated"] = "extractive"
    threshold: float = Field(default=0.07, ge=0, le=1)
    max_passages: int = Field(default=3, ge=1, le=10)
    max_sentences: int = Field(default=3, ge=1, le=20)


class Languages(Section):
    configured: tuple[LanguageCode, ...] = Field(
        default=("en", "es", "de", "fr", "pt", "it", "ru", "zh", "ja", "ko", "ar", "hi", "tr", "vi"), min_length=1
    )
    default: LanguageCode = "en"


class Conversations(Section):
    keep_days: int = Field(default=30, ge=1, le=3650)
    keep_turns: int = Field(default=4, ge=0, le=20)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: PublicUrl = ""
    max_body_bytes: int = Field(default=64_000, ge=1_000, le=10_000_000)
    max_question_chars: int = Field(default=2_000, ge=10, le=100_000)
    questions_at_once: int = Field(default=64, ge=1, le=10_000)
    question_seconds: float = Field(default=30, gt=0, le=600)
    questions_per_minute: int = Field(default=0, ge=0, le=1_000_000)
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")

    @property
    def public_origin(self) -> str:
        """The origin of the desk's own pages as browsers see it, "" where nobody says."""
        return canonical_origin(_site(self.public_url)) if self.public_url else ""


class IdentitySettings(Section):
    """How the shop's back end proves who its customer is: a JWT, checked with the secret or the public key."""

    secret: SecretStr = SecretStr("")
    public_key: str = Field(default="", max_length=10_000)
    algorithm: Literal["HS256", "EdDSA", "RS256", "ES256"] = "HS256"
    required: bool = False

    @property
    def key(self) -> str:
        """What tokens are checked with; "" where nobody can prove anything."""
        return self.secret.get_secret_value() if self.algorithm == "HS256" else self.public_key

    @model_validator(mode="after")
    def _whole(self) -> Self:
        secret = self.secret.get_secret_value()
        if secret and len(secret.encode()) < 32:
            raise _wrong("the secret is shorter than 32 bytes")
        if self.algorithm == "HS256" and self.public_key:
            raise _wrong("with HS256 goes a secret; for a public_key set the algorithm to EdDSA, RS256 or ES256")
        if self.algorithm != "HS256" and secret:
            raise _wrong(f"with {self.algorithm} goes a public_key and no secret")
        if self.required and not self.key:
            raise _wrong("it is required, and there is neither a secret nor a public_key to check it with")
        if self.key:
            _check_key(self.key, self.algorithm)
        return self


Suggestion = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class DeskSettings(Section):
    """One desk of the widget, by the name that pages give in `data-desk`."""

    name: str = Field(default="", max_length=100)
    origins: tuple[Origin, ...] = Field(default=(), max_length=200)
    email: Email = ""
    person: bool = True
    fresh: bool = False
    suggestions: dict[LanguageCode, Annotated[tuple[Suggestion, ...], Field(max_length=4)]] = {}
    identity: IdentitySettings = IdentitySettings()


class WidgetLimits(Section):
    """How much is taken from one visitor, one address, one site and for one desk: messages, ways in, open streams."""

    visitor_per_minute: int = Field(default=12, ge=1, le=100_000)
    address_per_minute: int = Field(default=60, ge=1, le=1_000_000)
    address_per_day: int = Field(default=4_000, ge=1, le=1_000_000_000)
    origin_per_minute: int = Field(default=300, ge=1, le=10_000_000)
    origin_per_day: int = Field(default=10_000, ge=1, le=1_000_000_000)
    desk_per_minute: int = Field(default=600, ge=1, le=10_000_000)
    desk_per_day: int = Field(default=20_000, ge=1, le=1_000_000_000)
    sessions_per_minute: int = Field(default=300, ge=1, le=1_000_000)
    streams_per_visitor: int = Field(default=6, ge=1, le=1_000)
    streams_per_address: int = Field(default=200, ge=1, le=100_000)
    streams_at_once: int = Field(default=2_000, ge=1, le=100_000)


class WidgetSettings(Section):
    desks: dict[DeskName, DeskSettings] = Field(default={"default": DeskSettings()}, max_length=1_000)
    limits: WidgetLimits = WidgetLimits()


class Cache(Section):
    size: int = Field(default=2_000, ge=0, le=1_000_000)
    seconds: float = Field(default=3_600, gt=0)


class Logging(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"
    message_texts: bool = False


class SlackAudience(Section):
    """Who a place's answers are for, and what the reranker is told to judge for its questions."""

    audiences: tuple[str, ...] = Field(default=("public",), min_length=1)
    instruction: str = ""


SlackChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,30}$")]
SlackTeamId = Annotated[str, StringConstraints(pattern=r"^[TE][A-Z0-9]{2,30}$")]
SlackUserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,30}$")]


class SlackSettings(Section):
    """The Slack app; docs/slack.md leads through them."""

    mode: Literal["off", "http", "socket"] = "off"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+/$")] = "https://slack.com/api/"
    signing_secret: SecretStr = SecretStr("")
    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    events_at_once: int = Field(default=8, ge=1, le=100)
    teams: tuple[SlackTeamId, ...] = ()
    admins: tuple[SlackUserId, ...] = ()
    direct_messages: SlackAudience = SlackAudience()
    channels: dict[SlackChannelId, SlackAudience] = {}


class Settings(Section):
    """Everything that may be set; `config.yaml` at the repository's root lists the same with comments."""

    data_dir: Path = Path("data")
    knowledge: Knowledge = Knowledge()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()
    reranker: RerankerSettings = RerankerSettings()
    llm: LLM = LLM()
    translation: Translation = Translation()
    answer: AnswerSettings = AnswerSettings()
    languages: Languages = Languages()
    conversations: Conversations = Conversations()
    server: Server = Server()
    widget: WidgetSettings = WidgetSettings()
    cache: Cache = Cache()
    logging: Logging = Logging()
    slack: SlackSettings = SlackSettings()

    def answer_fingerprint(self) -> str:
        """Names all that an answer's text depends on besides the question and the knowledge."""
        parts = (
            self.encoder,
            self.index,
            self.reranker,
            self.llm,
            self.translation,
            self.answer,
            self.languages,
        )
        text = "\n".join((*(part.model_dump_json() for part in parts), str(self.search.recall)))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def instruction(self, channel: Channel) -> str:
        """What the reranker is told to judge for the questions of a channel; "" where it has nothing of its own."""
        return self.reranker.channels.get(channel, "")

    def resolved(self, base: Path) -> Settings:
        """The same with every path absolute; relative ones start at `base`."""
        roots = tuple((base / root.expanduser()).resolve() for root in self.knowledge.roots)
        return self.model_copy(
            update={
                "data_dir": (base / self.data_dir.expanduser()).resolve(),
                "knowledge": self.knowledge.model_copy(update={"roots": roots}),
            }
        )
