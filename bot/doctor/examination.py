"""HUB: the order of the examination."""

from __future__ import annotations

import asyncio

from bot.client import DeskClient, DeskRefused
from bot.config import LLM, AnswerSettings, RerankerSettings, Settings, SlackSettings, Translation
from bot.desk_file import read_desk_file
from bot.doctor.finding import Finding
from bot.doctor.machine import free_port, readable_root, writable_folder
from bot.doctor.parts import encoder_tells_apart, index_answers
from bot.doctor.stores import database_keeps, index_keeps
from bot.doctor.upstreams import examine_upstreams
from bot.doctor.widget import examine_widget
from bot.service import Service
from retrieval.data_folder import owner
from retrieval.errors import PolydeskError


async def examine(settings: Settings) -> list[Finding]:
    """Everything in the order in which it is needed; what cannot be tried is left out.

    Where a desk runs on the data folder, that one is asked how its own parts are. Upstreams are tried from here always.
    """
    folder = settings.data_dir
    findings = [writable_folder(folder), *(readable_root(root) for root in settings.knowledge.roots)]
    holder = owner(folder)
    if holder is not None:
        findings += await _running(settings, holder)
    else:
        findings.append(free_port(settings.server.host, settings.server.port))
        if findings[0].ok:
            findings += await _parts(settings)
    return findings + await examine_widget(settings) + await examine_upstreams(settings)


async def _running(settings: Settings, holder: int) -> list[Finding]:
    desk = read_desk_file(settings.data_dir)
    if desk is not None:
        async with DeskClient(desk) as client:
            if await client.alive():
                here = f"A desk runs on this data folder and answers at {desk.url} (process {desk.pid})."
                return [*await _states(client), Finding(True, here)]
    return [Finding(False, f"Process {holder} holds the data folder and answers no questions; end it or wait for it.")]


async def _states(client: DeskClient) -> list[Finding]:
    try:
        states = await client.dependencies()
    except DeskRefused as error:
        return [Finding(False, str(error))]
    return [
        Finding(bool(state["ready"]), f"The running desk says of its {name}: {state['detail']}.")
        for name, state in states.items()
    ]


async def _parts(settings: Settings) -> list[Finding]:
    try:
        async with Service.open(_alone(settings)) as service:
            states = await service.dependencies()
            findings = [Finding(state.ready, f"The {name} works: {state.detail}.") for name, state in states.items()]
            looks = (database_keeps, index_keeps, encoder_tells_apart, index_answers)
            return findings + [await asyncio.to_thread(look, service) for look in looks]
    except PolydeskError as error:
        return [Finding(False, str(error))]


def _alone(settings: Settings) -> Settings:
    """The same desk without upstreams: those are tried one by one, and must not hide what is wrong here."""
    extracts = settings.answer.model_copy(update={"kind": AnswerSettings().kind})
    without = {
        "reranker": RerankerSettings(),
        "llm": LLM(),
        "translation": Translation(),
        "slack": SlackSettings(),
        "answer": extracts,
    }
    return settings.model_copy(update=without)
