"""Qwen3-Reranker's template, rendered here so that it holds whatever the server was started with.

The text is that of the model's card (Zhang et al., "Qwen3 Embedding", 2025, arXiv 2506.05176), its lines joined by one
line feed. A server puts the query part and the document part one behind the other; the model's answer would be the next
token, and its score is how much rather "yes" than "no" that would be.
"""

from __future__ import annotations

import re
import unicodedata

_SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
_HEAD = f"<|im_start|>system\n{_SYSTEM}<|im_end|>\n<|im_start|>user\n"
_TAIL = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
# What the tokenizer, or the template, gives a meaning of its own: its special tokens and the template's three labels.
_MARKER = re.compile(r"<(?=\|\w+\|>|/?(?:think|tool_call|tool_response)>|(?:Instruct|Query|Document)>)", re.IGNORECASE)


def harmless(text: str) -> str:
    """A text that cannot break out of the template, in NFC as the tokenizer reads it.

    A server takes special tokens in a prompt for what they are, whoever wrote them. A space behind the first character
    ("< |im_end|>") leaves them legible and makes them plain text; the same goes for the template's own labels.
    """
    if text.isascii():
        return _MARKER.sub("< ", text) if "<" in text else text
    # Half a surrogate pair is no text, and no server would read it.
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return _MARKER.sub("< ", text)


def query_part(query: str, instruction: str) -> str:
    """What a server takes as the query. Both texts are made harmless here."""
    return f"{_HEAD}<Instruct>: {harmless(instruction)}\n<Query>: {harmless(query)}\n"


def document_part(document: str) -> str:
    """What a server takes as the document. The text, made harmless and cut before, is put in as it is."""
    return f"<Document>: {document}{_TAIL}"
