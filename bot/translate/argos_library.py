"""Imports what the desk uses of Argos Translate: its reader of packages and their tokenisers, and CTranslate2.

Its translating half is left alone. That imports PyTorch, Stanza and spaCy (4 s, 300 MB more) to split sentences, with
models that it fetches at the first translation; here sentences are split already, and CTranslate2 is asked directly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from retrieval.errors import ConfigurationError

FOLDER = "argos"


def require_argos(data_dir: Path) -> None:
    """Imports what is used of Argos Translate, a tenth of a second.

    Raises:
        ConfigurationError: it is not installed.
    """
    with argos_at(data_dir):
        import_module("ctranslate2")


@contextmanager
def argos_at(data_dir: Path) -> Iterator[None]:
    """Within the block Argos Translate may be imported: it makes its folders in the data folder then, not in a home.

    Raises:
        ConfigurationError: when it is not installed.
    """
    if "argostranslate.settings" in sys.modules:
        yield
        return
    home = str(data_dir / FOLDER)
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    before = {name: os.environ.get(name) for name in names}
    intel = os.environ.get("KMP_DUPLICATE_LIB_OK")
    os.environ.update(dict.fromkeys(names, home))
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            'translation.engine: argos needs Argos Translate: pip install "polydesk[argos]".'
        ) from error
    finally:
        for name, value in (before | {"KMP_DUPLICATE_LIB_OK": intel}).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def argos_index_url(data_dir: Path) -> str:
    """Where Argos Translate's library says that its index lies (ARGOS_PACKAGE_INDEX changes it)."""
    with argos_at(data_dir):
        from argostranslate import settings

        return str(settings.remote_package_index)
