"""Whether a request comes from Slack: judged by its bytes, before anything of it is read."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable

# Slack's own advice; an old request that somebody recorded is of no use to them.
WINDOW_SECONDS = 300
_TIMESTAMP = re.compile(rb"[0-9]{1,12}\Z")


class Signature:
    """Checks the signatures of one app.

    Args:
        secret: the app's signing secret.
    """

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._now = now

    def is_good(self, body: bytes, timestamp: bytes, signature: bytes) -> bool:
        """Whether Slack signed this body with this timestamp just now.

        Args:
            timestamp: of the header X-Slack-Request-Timestamp, as it came.
            signature: of the header X-Slack-Signature.
        """
        if not self._secret or not _TIMESTAMP.match(timestamp):
            return False
        if abs(self._now() - int(timestamp)) > WINDOW_SECONDS:
            return False
        digest = hmac.new(self._secret, b"v0:" + timestamp + b":" + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(b"v0=" + digest.encode(), signature)
