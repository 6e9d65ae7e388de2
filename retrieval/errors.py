"""The errors of retrieval. Each message is one sentence that tells a person what to do."""

from __future__ import annotations


class PolydeskError(Exception):
    """Base of every error that Polydesk raises on purpose; its text may be shown to an operator."""


class ConfigurationError(PolydeskError):
    """A setting is wrong; the message names its key."""


class DataFolderInUse(PolydeskError):
    """Another process owns the data folder."""


class UpstreamError(PolydeskError):
    """A service that the desk calls failed; one sentence with its address and the cause."""


class UpstreamTimeout(UpstreamError):
    """A service that the desk calls did not answer in time."""


class UpstreamRefused(UpstreamError):
    """A service that the desk calls does not want the request.

    Attributes:
        status: of its reply, such as 400.
    """

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class KnowledgeFileError(PolydeskError):
    """One knowledge file cannot be used. The others go on.

    Attributes:
        path: relative to its knowledge root.
        line: 1-based, where the format has lines and the place is known.
        reason: a sentence for the file's editor.
    """

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        self.path = path
        self.reason = reason
        self.line = line
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
