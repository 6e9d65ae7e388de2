from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.fakes.llm import FakeLLM, Reply, prompt, tokens

ASKED = {"model": "scripted", "messages": [{"role": "user", "content": "How long?"}], "stream": True}
TEXT = "Five years [1].\n- 五年。 ½ "


def ask(llm: FakeLLM, timeout: float = 10, **changes: Any) -> httpx.Response:
    return httpx.post(f"{llm.base_url}/v1/chat/completions", json=ASKED | changes, timeout=timeout)


def written(response: httpx.Response) -> str:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1])


def test_tokens_are_the_text() -> None:
    assert "".join(tokens(TEXT)) == TEXT
    assert len(tokens(TEXT)) > 5


def test_it_streams_what_it_is_told_and_notes_what_came() -> None:
    with FakeLLM(["first", Reply(TEXT, tokens_per_second=1000)]) as llm:
        assert written(ask(llm)) == "first"
        assert [written(ask(llm)) for _ in range(2)] == [TEXT, TEXT]
        assert [prompt(body) for body in llm.requests] == ["How long?"] * 3
        assert ask(llm, stream=False).json()["choices"][0]["message"]["content"] == TEXT
        assert httpx.get(f"{llm.base_url}/v1/models").json()["data"][0]["id"] == "scripted"


def test_a_script_may_depend_on_the_request() -> None:
    with FakeLLM(lambda body: prompt(body).upper()) as llm:
        assert written(ask(llm)) == "HOW LONG?"


def test_it_fails_as_told() -> None:
    with FakeLLM(Reply(status=500)) as llm:
        assert ask(llm).status_code == 500
        llm.script = Reply(raw=b"<html>")
        assert ask(llm).text == "<html>"
        llm.script = Reply("half", ending="cut")
        with pytest.raises(httpx.RemoteProtocolError):
            ask(llm)
        llm.script = Reply("half", ending="hang")
        with pytest.raises(httpx.ReadTimeout):
            ask(llm, timeout=0.2)
