"""Tries each configured upstream by what questions ask of it; the desk answers without any of them."""

from __future__ import annotations

from bot.config import Settings
from bot.doctor.finding import Finding
from bot.doctor.language_model import examine_language_model
from bot.doctor.reranker import examine_reranker
from bot.doctor.translation import examine_translation


async def examine_upstreams(settings: Settings) -> list[Finding]:
    """A sentence for each upstream that is set up, in the order of the settings."""
    findings = []
    if settings.reranker.kind != "late_interaction":
        findings.append(await examine_reranker(settings))
    if settings.llm.base_url or settings.answer.kind == "generated":
        findings.append(await examine_language_model(settings))
    if settings.translation.mode != "off":
        findings.append(await examine_translation(settings))
    if settings.slack.mode != "off":
        from bot.doctor.slack import examine_slack

        findings += await examine_slack(settings)
    return findings
