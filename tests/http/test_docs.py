"""The examples of docs/http.md, run as a reader would run them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.server import ROOT, Server

PAGE = (ROOT / "docs" / "http.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(sh|python|js)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PROGRAMS = {"sh": ["sh", "-e"], "python": [sys.executable], "js": ["node"]}
SUFFIXES = {"sh": ".sh", "python": ".py", "js": ".mjs"}


def test_there_are_examples_in_all_three_languages() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "python", "js"}


@pytest.mark.parametrize(
    ("language", "code"), BLOCKS, ids=[f"{n}-{block[0]}" for n, block in enumerate(BLOCKS)]
)
def test_an_example_of_the_page_runs(server: Server, tmp_path: Path, language: str, code: str) -> None:
    program = PROGRAMS[language]
    needed = "curl" if language == "sh" else program[0]
    if shutil.which(needed) is None:
        pytest.skip(f"needs {needed}: apt-get install {'nodejs' if needed == 'node' else needed}")
    file = tmp_path / f"example{SUFFIXES[language]}"
    file.write_text(code.replace("http://127.0.0.1:8000", server.url), "utf-8")
    done = subprocess.run([*program, file], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) > 20 and '"request_id"' not in done.stdout


def test_every_route_of_the_document_is_on_the_page(server: Server) -> None:
    import httpx

    for path in httpx.get(f"{server.url}/openapi.json").json()["paths"]:
        name = path.removesuffix("/{id}")
        assert name in PAGE, f"docs/http.md does not name {path}"
