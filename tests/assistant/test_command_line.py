"""The command line on consoles of all kinds: encodings, versions, pipes, profiles."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.commands.ask import read_profile_option, read_question
from assistant.commands.output import prepare_output, print_json
from assistant.commands.progress import BUILDING, ONCE, show_progress
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings

ROOT = Path(__file__).parent.parent.parent
GUIDE = "# Köche – “Über” 中文 →\n\n## Brot\n\nSee [Larochelle’s café…](https://x.example/é) · ok.\n"


def run(
    *arguments: str, environment: dict[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    names = {"PATH": os.environ["PATH"], "DLSTART_DEVICE": "cpu", **environment}
    return subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=ROOT,
        env=names,
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("ascii", "“Köche” – é… → ½ 中", '"Koche" - e... -> 12 ?'),
        ("ascii", "\ud800", "?"),
        ("cp1252", "é – “x” 中 →", "é – “x” ? ->"),
        ("latin-1", "é – “x” …", 'é - "x" ...'),
        ("utf-8", "é 中 → \ud800", "é 中 → ?"),
    ],
)
def test_a_console_shows_the_nearest_character_it_has(
    monkeypatch: pytest.MonkeyPatch, encoding: str, text: str, shown: str
) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        prepare_output()
        print(text, flush=True)
        assert raw.getvalue().decode(encoding) == f"{shown}\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "utf-8-sig"])
def test_json_means_the_same_on_every_console(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    value = {"title": "Über “x” → 中"}
    with io.TextIOWrapper(raw, encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        prepare_output()
        print_json(value)
        stream.flush()
        assert json.loads(raw.getvalue().decode(encoding)) == value


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize("command", [("corpus", "list"), ("corpus", "check"), ("corpus", "list", "--json")])
def test_no_command_ends_in_a_traceback(tmp_path: Path, encoding: str, command: tuple[str, ...]) -> None:
    guide = tmp_path / "zh.md"
    guide.write_text(GUIDE, "utf-8")
    done = run(*command[:2], str(guide), *command[2:], environment={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr and done.stdout


@pytest.mark.parametrize(("name", "value"), [("PYTHONIOENCODING", "ascii"), ("LC_ALL", "C")])
def test_an_answer_is_shown_on_a_console_without_unicode(data_dir: Path, name: str, value: str) -> None:
    place = {"DLSTART_DATA_DIR": str(data_dir), "PYTHONUTF8": "0", name: value}
    done = run("ask", "is there a course by Larochelle?", environment=place)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert b"Larochelle" in done.stdout and b"http" in done.stdout


def test_a_plan_is_shown_on_a_console_without_unicode() -> None:
    for form in ("markdown", "svg", "ics"):
        done = run("plan", "--goal", "nlp", "--format", form, environment={"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0 and done.stdout.isascii() and b"Traceback" not in done.stderr


def test_a_question_can_come_from_standard_input(data_dir: Path) -> None:
    place = {"DLSTART_DATA_DIR": str(data_dir)}
    piped = run("ask", "-", "--json", stdin=b"Where can I learn\nabout LSTMs?\n", environment=place)
    given = run(
        "ask", "Where can I learn about LSTMs?", "--json", environment={"DLSTART_DATA_DIR": str(data_dir)}
    )
    assert json.loads(piped.stdout)["text"] == json.loads(given.stdout)["text"]
    empty = run("ask", "-", stdin=b"", environment={"DLSTART_DATA_DIR": str(data_dir)})
    assert empty.returncode == 1 and b"the question is empty" in empty.stderr


@pytest.mark.parametrize(
    ("raw", "text"), [(b"gpu?\n", "gpu?\n"), (b"\xef\xbb\xbfgpu?", "gpu?"), (b"caf\xe9?", "caf\ufffd?")]
)
def test_standard_input_is_read_as_text_whatever_it_is(raw: bytes, text: str) -> None:
    assert read_question(io.TextIOWrapper(io.BytesIO(raw), encoding="ascii")) == text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "command",
    [
        ("ask", "gpu"),
        ("ask", "gpu", "--json"),
        ("plan", "--goal", "nlp"),
        ("corpus", "list"),
        ("settings",),
        ("--version",),
    ],
)
def test_an_output_that_is_full_is_one_line_and_a_status(
    data_dir: Path, command: tuple[str, ...], unbuffered: str
) -> None:
    place = {
        "PATH": os.environ["PATH"],
        "DLSTART_DATA_DIR": str(data_dir),
        "DLSTART_DEVICE": "cpu",
        "PYTHONUNBUFFERED": unbuffered,
    }
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *command],
            cwd=ROOT, env=place, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.decode()) == (
        1,
        "dlstart: the output can't be written (No space left on device); make room, or send it elsewhere\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
@pytest.mark.parametrize("stored", ["yes", "no"])
def test_a_chat_leaves_no_file_with_what_was_typed(data_dir: Path, tmp_path: Path, stored: str) -> None:
    import pty

    old = tmp_path / "chat_history"
    old.write_text("my name is Bob Dobbelina\n", "utf-8")
    terminal, inside = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"],
        "TERM": "dumb",
        "HOME": str(tmp_path),
        "DLSTART_DATA_DIR": str(tmp_path),
        "DLSTART_INDEX_DIR": str(data_dir / "index"),
        "DLSTART_DEVICE": "cpu",
        "DLSTART_STORE_QUESTIONS": stored,
    }
    command = [sys.executable, "-m", "assistant", "chat"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=inside, stdout=inside, stderr=inside
    ) as chat:
        os.close(inside)
        os.write(terminal, b"call Bob Dobbelina at bob@dobbelina.org\n/quit\n")
        said = b""
        try:
            while part := os.read(terminal, 4096):
                said += part
        except OSError:  # the other end is closed
            pass
        assert chat.wait(60) == 0
    os.close(terminal)
    assert b"Ask the guide" in said
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"obbelina" not in kept and not old.exists()


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"dlstart {version('dlstart')}\n")


def test_help_says_what_the_program_is_and_names_no_types() -> None:
    text = CliRunner().invoke(app, ["--help"], prog_name="dlstart").output
    assert "Usage: dlstart [OPTIONS] COMMAND" in text
    assert "with a source for every sentence" in text
    ask = CliRunner().invoke(app, ["ask", "--help"], prog_name="dlstart").output
    assert "QUESTION" in ask and "<bool>" not in ask and "{question}" not in ask


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"background": "nothing"}', "background: It should be 'none', 'some-maths', 'maths' or 'ml'"),
        ('{"goal": ["cooking"]}', "goal: the goal 'cooking' is not known"),
        ('{"hours_per_week": 200}', "hours_per_week: It should be less than or equal to 168"),
        ('{"colour": "red"}', "colour: There is no such field"),
        ('{"done": [1]}', "done.0: It should be a valid string"),
        ("[]", "--profile"),
        ("{", "--profile is no JSON"),
        ("[" * 100_000, "--profile is no JSON"),
    ],
)
def test_a_profile_is_checked_as_http_checks_it(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_profile_option(text)
    assert said in str(error.value) and error.value.cure


def test_a_bar_appears_before_the_size_of_the_work_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(BUILDING, ONCE) as progress:
        assert capsys.readouterr().err == ""
        progress(0, 0)
        assert ONCE in " ".join(capsys.readouterr().err.split())
        progress(0, 10)
        progress(10, 10)
    assert ONCE not in capsys.readouterr().err


def test_a_build_is_announced_before_anything_is_loaded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise UsageError("stop")

    monkeypatch.setattr("assistant.service.open_corpus", stop)
    seen: list[tuple[int, int]] = []
    for place in (tmp_path, settings.index_path):
        with pytest.raises(UsageError, match="stop"):
            Assistant.open(settings.replace(index_dir=place), lambda done, total: seen.append((done, total)))
    assert seen == [(0, 0)]
