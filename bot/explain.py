"""Why this answer: every stage's ranks, scores and times of one search, as plain values."""

from __future__ import annotations

from typing import Any

from bot.follow_up import Reading


def explain(text: str, language: str, reading: Reading, threshold: float) -> dict[str, Any]:
    """What `polydesk search --json` and `POST /api/search` give. Candidates stand in the order after reranking."""
    result = reading.result
    after = {ranked.candidate.id: ranked for ranked in result.ranked}
    folded = {id: ranked.candidate.id for ranked in result.ranked for id in ranked.duplicates}
    candidates = [
        {
            "id": candidate.id,
            "rank_recall": candidate.rank,
            "rank": after[candidate.id].rank if candidate.id in after else None,
            "similarity": round(candidate.similarity, 4),
            "signpost": round(candidate.signpost, 4) if candidate.passage.signposts else None,
            "score": round(after[candidate.id].score, 4) if candidate.id in after else None,
            "origin": candidate.origin,
            "folded_into": folded.get(candidate.id),
            "path": candidate.passage.path,
            "anchor": candidate.passage.anchor,
            "title": candidate.passage.title,
            "heading": list(candidate.passage.heading),
            "url": candidate.passage.link,
            "language": candidate.passage.language,
            "audience": candidate.passage.audience,
            "text": candidate.passage.text,
        }
        for candidate in sorted(
            result.candidates,
            key=lambda candidate: (
                after[candidate.id].rank if candidate.id in after else len(result.candidates) + 1,
                candidate.rank,
            ),
        )
    ]
    return {
        "question": text,
        "rewritten": reading.rewritten,
        "language": language,
        "knowledge_revision": result.revision,
        "confidence": round(reading.extract.confidence, 4),
        "threshold": threshold,
        "identifiers": sorted(result.identifiers),
        "degraded": [*result.degraded, *reading.degraded],
        "timings_ms": {stage: round(value, 3) for stage, value in {**result.timings_ms, **reading.timings_ms}.items()},
        "candidates": candidates,
    }
