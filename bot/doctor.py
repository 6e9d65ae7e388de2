"""Tries everything the desk needs and says in a sentence each what works and what to do about the rest."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.client import DeskClient
from bot.config import Settings
from bot.desk_file import read_desk_file
from bot.service import Service
from retrieval.data_folder import owner
from retrieval.encoder.base import Floats
from retrieval.errors import PolydeskError

SAME = ("How do I get my money back?", "¿Cómo recupero mi dinero?")
OTHER = "The battery is charged overnight in a dry room."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that works or does not."""

    ok: bool
    sentence: str


async def examine(settings: Settings) -> list[Finding]:
    """Everything in the order in which it is needed; what cannot be tried is left out."""
    findings = [_writable(settings.data_dir), *(_root(root) for root in settings.knowledge.roots)]
    holder = owner(settings.data_dir)
    if holder is not None:
        return [*findings, await _running(settings.data_dir, holder)]
    findings.append(_port(settings.server.host, settings.server.port))
    if findings[0].ok:
        findings += await _parts(settings)
    return findings


def _writable(folder: Path) -> Finding:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f"doctor.{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        return Finding(False, f"The data folder {folder} cannot be written: {error.strerror}.")
    return Finding(True, f"The data folder {folder} can be written.")


def _root(root: Path) -> Finding:
    if not root.is_dir():
        return Finding(False, f"The knowledge root {root} is no folder; set knowledge.roots.")
    if not os.access(root, os.R_OK | os.X_OK):
        return Finding(False, f"The knowledge root {root} cannot be read by this user.")
    return Finding(True, f"The knowledge root {root} can be read.")


def _port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            return Finding(False, f"{host}:{port} cannot be listened on ({error.strerror}); set server.port.")
    return Finding(True, f"{host}:{port} is free.")


async def _running(folder: Path, holder: int) -> Finding:
    desk = read_desk_file(folder)
    if desk is not None:
        async with DeskClient(desk) as client:
            if await client.alive():
                return Finding(True, f"A desk runs on this data folder and answers at {desk.url} (process {desk.pid}).")
    return Finding(False, f"Process {holder} holds the data folder and answers no questions; end it or wait for it.")


async def _parts(settings: Settings) -> list[Finding]:
    try:
        async with Service.open(settings) as service:
            states = await service.dependencies()
            findings = [Finding(state.ready, f"The {name} works: {state.detail}.") for name, state in states.items()]
            findings.append(await asyncio.to_thread(_encoder, service))
            findings.append(await asyncio.to_thread(_index, service))
            return findings
    except PolydeskError as error:
        return [Finding(False, str(error))]


def _encoder(service: Service) -> Finding:
    """The same said in two languages must be nearer than something else in one."""
    question, same, other = (_pooled(service, text) for text in (*SAME, OTHER))
    near, far = float(question @ same), float(question @ other)
    if not (np.isfinite(near) and near > far):
        return Finding(False, f"The encoder gives wrong vectors ({near:.2f} against {far:.2f}); reinstall polydesk.")
    return Finding(True, f"The encoder knows two languages' same question from another ({near:.2f} against {far:.2f}).")


def _pooled(service: Service, text: str) -> Floats:
    return service.encoder.encode_questions([text])[0].pooled


def _index(service: Service) -> Finding:
    live = service.store.live_ids()
    vector = _pooled(service, SAME[0])
    for audience, ids in live.items():
        found = service.index.query(audience, vector, 1)
        if ids and not found:
            return Finding(False, f"The index finds nothing for the audience {audience}; run `polydesk rebuild`.")
    return Finding(True, f"The index answers for {len(live)} audiences.")
