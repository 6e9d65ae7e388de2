"""Runs the HTTP server around an open desk, and tells the commands of this machine where it listens."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn

from bot.config import Settings
from bot.desk_file import DeskFile, local_url, new_token, remove_desk_file, write_desk_file
from bot.service import Service
from bot.web.app import create_app
from retrieval.errors import ConfigurationError

GRACE_SECONDS = 5

log = structlog.get_logger()


class DeskServer(uvicorn.Server):
    """Ends on a signal without raising it once more, which would kill the process before the desk is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve_desk(settings: Settings) -> None:
    """Serves until the process is told to stop.

    Raises:
        ConfigurationError: when the address cannot be listened on.
        DataFolderInUse: when another process owns the data folder.
    """
    with _listening(settings.server.host, settings.server.port) as listener:
        async with Service.open(settings) as service, _announced(service, listener) as token:
            app = create_app(service, token)
            config = uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
            service.knowledge.start()
            await DeskServer(config).serve(sockets=[listener])


@asynccontextmanager
async def _announced(service: Service, listener: socket.socket) -> AsyncIterator[str]:
    """desk.json for as long as the desk runs."""
    token = new_token()
    host, port = listener.getsockname()[:2]
    url = local_url(host, port)
    data_dir = service.settings.data_dir
    await asyncio.to_thread(write_desk_file, data_dir, DeskFile(url, token, os.getpid()))
    log.info("listening", url=url, data_dir=str(data_dir), revision=service.knowledge.revision)
    try:
        yield token
    finally:
        await asyncio.to_thread(remove_desk_file, data_dir)


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
