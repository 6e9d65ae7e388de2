"""What to do about an upstream that fails, by how it does."""

from __future__ import annotations

from bot.doctor.finding import Finding
from retrieval.errors import UpstreamError, UpstreamRefused, UpstreamTimeout

# Long enough to see how slow something is that is too slow for the desk.
PATIENCE_SECONDS = 30.0
# What the desk does meanwhile, by the section of the settings.
INSTEAD = {
    "reranker": "until then late interaction puts the passages in order",
    "llm": "until then answers are extracts",
    "translation": "until then questions and answers stay in their own language",
}


def failure(error: UpstreamError, section: str, broken: str = "") -> Finding:
    """The error's own sentence, what to do, and what the desk does meanwhile.

    Args:
        section: of the settings.
        broken: what to do where nothing about the error says it.
    """
    match error:
        case UpstreamTimeout():
            advice = f"See what else its machine does, or raise the seconds in the section {section}"
        case UpstreamRefused(status=401 | 403):
            advice = f"Set {section}.api_key"
        case UpstreamRefused(status=404):
            advice = f"Set {section}.base_url, without /v1, and {section}.model to a name that the server knows"
        case UpstreamRefused(status=400 | 413 | 422):
            advice = "Start the server with a longer context (--max-model-len), and see its log"
        case UpstreamRefused():
            advice = "See the server's log"
        case _:
            advice = broken or f"Start it as docs/deploy.md says, and see that the section {section} names it"
    return Finding(False, f"{error} {advice}; {INSTEAD[section]}.")
