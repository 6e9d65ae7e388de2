"""What the desk needs of this machine: folders and a port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from bot.doctor.finding import Finding


def writable_folder(folder: Path) -> Finding:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f"doctor.{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        return Finding(
            False, f"The data folder {folder} cannot be written: {error.strerror}; set data_dir, or its owner."
        )
    return Finding(True, f"The data folder {folder} can be written.")


def readable_root(root: Path) -> Finding:
    if not root.is_dir():
        return Finding(False, f"The knowledge root {root} is no folder; set knowledge.roots.")
    if not os.access(root, os.R_OK | os.X_OK):
        return Finding(False, f"The knowledge root {root} cannot be read by this user; change its rights.")
    return Finding(True, f"The knowledge root {root} can be read.")


def free_port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            return Finding(False, f"{host}:{port} cannot be listened on ({error.strerror}); set server.port.")
    return Finding(True, f"{host}:{port} is free.")
