"""Whether a vLLM server does its work: one real, tiny request. `/health` only says that the process lives.

    python3 health.py rerank|chat [http://127.0.0.1:8000]

Standard library only, as it runs in vLLM's image. The exit code is 0 when the answer is what it should be.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import sys
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

SECONDS = 15


class Unhealthy(Exception):
    """The server answered, and not as it should."""


def rerank(server: Server) -> None:
    """Two documents are scored. Whether the scores make sense is the desk's own self-test's matter."""
    documents = ["Refunds take five days.", "Charge the battery indoors."]
    body = {"model": server.model(), "query": "How long does a refund take?", "documents": documents}
    results = server.post("/v1/rerank", body)["results"]
    scores = [float(result["relevance_score"]) for result in results]
    if sorted(int(result["index"]) for result in results) != [0, 1]:
        raise Unhealthy(f"two documents were sent, and these came back: {results}")
    if not all(math.isfinite(score) and 0 <= score <= 1 for score in scores):
        raise Unhealthy(f"these are no probabilities: {scores}")


def chat(server: Server) -> None:
    """One token is generated."""
    message = {"role": "user", "content": "Say yes."}
    body = {"model": server.model(), "messages": [message], "max_tokens": 1, "temperature": 0}
    reply = server.post("/v1/chat/completions", body)
    if not isinstance(reply["choices"][0]["message"]["content"], str):
        raise Unhealthy(f"no text came back: {reply}")


class Server:
    """A server of the OpenAI protocol on this machine."""

    def __init__(self, base_url: str, api_key: str) -> None:
        address = urlsplit(base_url)
        self._host, self._port = address.hostname or "", address.port
        self._headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {api_key}"} if api_key else {}
        )

    def model(self) -> str:
        """The name that the model is served by."""
        return str(self._ask("GET", "/v1/models", None)["data"][0]["id"])

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        with closing(http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)) as connection:
            connection.request(method, path, body, self._headers)
            response = connection.getresponse()
            content = response.read()
        if response.status != 200:
            raise Unhealthy(f"{path} answered {response.status}: {content[:200].decode(errors='replace')}")
        return json.loads(content)


def main(arguments: list[str], api_key: str) -> int:
    """Runs the check named first; writes what is wrong to standard error, where `docker inspect` shows it."""
    check = {"rerank": rerank, "chat": chat}[arguments[0]]
    base_url = arguments[1] if len(arguments) > 1 else "http://127.0.0.1:8000"
    try:
        check(Server(base_url, api_key))
    except (Unhealthy, OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ.get("VLLM_API_KEY", "")))
