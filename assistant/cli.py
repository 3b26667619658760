"""The command line: `dlstart`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from assistant.commands import corpus as corpus_commands
from assistant.commands import plan as plan_commands
from assistant.commands.report import report
from assistant.errors import AssistantError
from assistant.settings import TABLE, Settings, read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
index_app = typer.Typer(no_args_is_help=True, help="Build and inspect the index.")
app.add_typer(index_app, name="index")
app.add_typer(corpus_commands.app, name="corpus")
app.command()(plan_commands.plan)
app.command()(report)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run the command line; an error is one line, never a traceback."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except AssistantError as error:
        if debug:
            raise
        _fail(error)


def _fail(error: AssistantError) -> NoReturn:
    print(f"dlstart: {error}" + (f"; {error.cure}" if error.cure else ""), file=sys.stderr)
    raise SystemExit(error.exit_status)


@app.command()
def ask(question: str, json_: JsonOption = False) -> None:
    """Answer one question."""
    from assistant.service import Ask

    assistant = _open(read_settings())
    answer = asyncio.run(assistant.answer(Ask(question)))
    if json_:
        print(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
        return
    print(answer.text)
    for citation in answer.citations:
        print(f"[{citation.number}] {citation.title}: {citation.url}")


@app.command()
def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the page, the widget and the HTTP endpoints."""
    import uvicorn

    from assistant.channels.http.app import make_app

    uvicorn.run(make_app(_open(read_settings())), host=host, port=port, server_header=False)


@app.command()
def settings() -> None:
    """Print the table of settings."""
    current = read_settings()
    for setting in TABLE:
        value = "(hidden)" if setting.secret else current.values[setting.field]
        print(f"{setting.name}={value}\n    default: {setting.default or '(empty)'}; {setting.help}")


@index_app.command("build")
def index_build(corpus: Path | None = None, out: Path | None = None) -> None:
    """Build or update the index."""
    from assistant.service import open_corpus
    from index.build import build_index
    from index.encoder import open_encoder

    current = read_settings()
    if corpus is not None:
        current = Settings({**current.values, "corpus": corpus})
    encoder = open_encoder(current.encoder, current.device)
    manifest = build_index(open_corpus(current), encoder, out or current.index_path, _progress())
    print(f"{manifest.chunks} chunks, {manifest.views} views in {out or current.index_path}")


def _open(current: Settings) -> Any:
    from assistant.service import Assistant

    return Assistant.open(current, _progress())


def _progress() -> Callable[[int, int], None]:
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task("Building the index", total=None)

    def show(done: int, total: int) -> None:
        if done < total and not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    return show
