"""Runs the HTTP server around an open desk, and tells the commands of this machine where it listens."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from bot.config import Settings
from bot.desk_file import DeskFile, local_url, new_token, remove_desk_file, write_desk_file
from bot.service import Service
from bot.web.app import create_app
from retrieval.data_folder import DataFolder
from retrieval.errors import ConfigurationError

GRACE_SECONDS = 5

log = structlog.get_logger()


# A question passes between the event loop and the threads several times, and each hand-over may wait this long for the
# interpreter's lock. With Python's own 5 ms a question takes 27 ms where it takes 23 ms like this.
SWITCH_SECONDS = 0.0005


class DeskServer(uvicorn.Server):
    """Ends on a signal without raising it once more, which would kill the process before the desk is closed.

    Args:
        ending: called once it is told to end.
    """

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        self.handle_exit(number, None)
        self._ending()


async def serve_desk(settings: Settings, *, with_demo: bool = False) -> None:
    """Serves until the process is told to stop; with the demo's shop at / if wanted.

    Raises:
        ConfigurationError: when the address cannot be listened on.
        DataFolderInUse: when another process owns the data folder.
    """
    with (
        _listening(settings.server.host, settings.server.port) as listener,
        DataFolder(settings.data_dir) as folder,
        _announced(settings.data_dir, listener) as desk,
    ):
        sys.setswitchinterval(SWITCH_SECONDS)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_threads(), "desk"))
        async with Service.open(settings, folder) as service:
            config = uvicorn.Config(
                create_app(service, desk.token, with_demo=with_demo),
                access_log=False,
                log_config=None,
                server_header=False,
                lifespan="off",
                forwarded_allow_ips=believed(settings.server.trusted_proxies),
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
            await service.start()
            log.info("serving", url=desk.url, data_dir=str(settings.data_dir), revision=service.knowledge.revision)
            await DeskServer(config, service.chats.disconnect).serve(sockets=[listener])


def believed(proxies: Iterable[str]) -> list[str]:
    """The addresses and networks, those of IPv4 also as they come in on a socket that takes both."""
    networks = [ipaddress.ip_network(each) for each in proxies]
    mapped = [f"::ffff:{each.network_address}/{96 + each.prefixlen}" for each in networks if each.version == 4]
    return [*map(str, networks), *mapped]


def _threads() -> int:
    """Enough for the database and for a question on each core; more would only take turns on the same cores."""
    return (os.cpu_count() or 1) + 2


@contextmanager
def _announced(data_dir: Path, listener: socket.socket) -> Iterator[DeskFile]:
    """desk.json for as long as the desk runs. It stands before the desk answers, so that commands wait for that."""
    host, port = listener.getsockname()[:2]
    desk = DeskFile(local_url(host, port), new_token(), os.getpid())
    write_desk_file(data_dir, desk)
    try:
        yield desk
    finally:
        remove_desk_file(data_dir)


def _listening(host: str, port: int) -> socket.socket:
    """Takes the address first: a port in use is found out before anything is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"server.port: {host}:{port} cannot be listened on: {error.strerror}.") from error
    listener.setblocking(False)
    return listener
