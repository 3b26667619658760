"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from assistant.errors import Unavailable, UsageError
from assistant.generate import MAX_NEW_TOKENS, GeneratorFailed, Prompt
from assistant.settings import Settings

_MAX_BYTES = 256 * 1024
_MAX_LINE = 64 * 1024
_MAX_FAULT = 4 * 1024
_TRIES = 5
"""One for each option that may be refused (the form of the answer is one twice), and the last."""
_SHOWN = 200
_RUN = 3
"""So many words of a question in a row give it away."""
_LOOK_SECONDS = 5.0
_FORM = re.compile(r"response_format|json_schema|json_object|guided|grammar|schema", re.I)
"""What a refusal of the answer's form speaks of."""


class OpenAIGenerator:
    """One model of one server."""

    def __init__(self, model: str, url: str, api_key: str = "", timeout: float = 20.0) -> None:
        """`url` is the base address, such as http://127.0.0.1:8000/v1; `timeout` bounds a whole answer, in seconds."""
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise UsageError(
                "DLSTART_GENERATOR_URL is not an http address", "such as http://127.0.0.1:8000/v1"
            )
        self.id = model
        self._timeout = timeout
        self._options: dict[str, Any] = {"temperature": 0, "max_tokens": MAX_NEW_TOKENS}
        self._forms = ["json_schema", "json_object"]
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(timeout, connect=min(3.0, timeout)),
            follow_redirects=False,
        )

    async def warm(self) -> None:
        """Nothing to load here; the server warms itself."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def models(self) -> list[str]:
        """Ids of the models that the server names; none where it names none. Raises Unavailable."""
        try:
            async with self._client:
                response = await self._client.get("models")
            if response.status_code == httpx.codes.NOT_FOUND:
                return []
            listed: Any = response.raise_for_status().json()
            return [str(one["id"]) for one in listed["data"]]
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            why = f"status {status}" if status else type(error).__name__
            cure = "see whether it runs, and whether DLSTART_GENERATOR_URL and DLSTART_GENERATOR_API_KEY are right"
            raise Unavailable(f"it can't be used ({why})", cure) from error

    async def write(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Stream the first choice. Raises GeneratorFailed for whatever goes wrong on the way.

        An option that the server refuses is changed for good: some models take no `max_tokens`, others no
        `temperature`, and not every server holds an answer to a schema.
        """
        try:
            async with asyncio.timeout(self._timeout):
                for _ in range(_TRIES):
                    async with self._client.stream(
                        "POST", "chat/completions", json=self._body(prompt)
                    ) as response:
                        if response.status_code != httpx.codes.OK:
                            fault = await _read_fault(response)
                            if self._gives_way(response.status_code, fault, prompt):
                                continue
                            raise GeneratorFailed(_describe(response.status_code, fault, prompt))
                        async for line in _lines(response):
                            if line == "data: [DONE]":
                                return
                            piece = _piece(line)
                            if piece:
                                yield piece
                        return
        except (httpx.HTTPError, TimeoutError) as error:
            raise GeneratorFailed(type(error).__name__) from error

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        body = {"model": self.id, "messages": prompt.messages, "stream": True, **self._options}
        return body if prompt.schema is None else body | self._form(prompt.schema)

    def _form(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The strictest form that the server was not seen to refuse."""
        if not self._forms:
            return {}
        form: dict[str, Any] = {"type": self._forms[0]}
        if form["type"] == "json_schema":
            form["json_schema"] = {"name": "answer", "strict": True, "schema": schema}
        return {"response_format": form}

    def _gives_way(self, status: int, fault: str, prompt: Prompt) -> bool:
        """Change the option that a refusal is about; whether there was one."""
        if status not in (400, 422):
            return False
        if prompt.schema is not None and self._forms and _FORM.search(fault):
            del self._forms[0]
            return True
        if "max_tokens" in fault and "max_tokens" in self._options:
            self._options["max_completion_tokens"] = self._options.pop("max_tokens")
            return True
        return "temperature" in fault and self._options.pop("temperature", None) is not None


async def _read_fault(response: httpx.Response) -> str:
    """What a server says of a refusal, in its first bytes."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MAX_FAULT:
            break
    text = body[:_MAX_FAULT].decode("utf-8", "replace")
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    error = value.get("error", value) if isinstance(value, dict) else value
    said = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    return said if isinstance(said, str) else text


def _describe(status: int, fault: str, prompt: Prompt) -> str:
    """The refusal for the log; its reason is left out where it repeats what somebody asked."""
    words = " ".join("".join(char if char.isprintable() else " " for char in fault).split())
    asked = (prompt.asked or prompt.user).lower().split()
    runs = [" ".join(asked[n : n + _RUN]) for n in range(max(1, len(asked) - _RUN + 1))]
    if not words or any(run in words.lower() for run in runs if run):
        return f"the server answered {status}"
    return f"the server answered {status}: {words[:_SHOWN]}"


def describe_server(settings: Settings) -> str:
    """What the server of the settings serves. Raises UsageError, or Unavailable where it does not answer."""
    model = str(settings.generator).removeprefix("openai:")
    if not settings.generator_url:
        raise UsageError("DLSTART_GENERATOR_URL is empty", "set it to the server's base URL, ending in /v1")
    engine = OpenAIGenerator(model, settings.generator_url, settings.generator_api_key, _LOOK_SECONDS)
    served = asyncio.run(engine.models())
    if served and model not in served:
        raise Unavailable(
            f"it does not serve {model}", f"set DLSTART_GENERATOR=openai:… to one of {', '.join(served[:5])}"
        )
    return f"{settings.generator_url}, {model}"


async def _lines(response: httpx.Response) -> AsyncGenerator[str]:
    """Lines of a body, at most so many bytes."""
    buffer, read = b"", 0
    async for chunk in response.aiter_bytes():
        read += len(chunk)
        if read > _MAX_BYTES:
            raise GeneratorFailed("the answer is endless")
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").strip()
        if len(buffer) > _MAX_LINE:
            raise GeneratorFailed("a line of the answer is endless")
    yield buffer.decode("utf-8", "replace").strip()


def _piece(line: str) -> str:
    """The text in one line: an event of a stream, or the whole answer of a server that does not stream."""
    text = line.removeprefix("data:").strip()
    if not text.startswith("{"):
        return ""
    try:
        value: Any = json.loads(text)
        choice = value["choices"][0] if value.get("choices") else {}
        content = (choice.get("delta") or choice.get("message") or {}).get("content")
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError) as error:
        raise GeneratorFailed("the server's answer is not understood") from error
    return content if isinstance(content, str) else ""
