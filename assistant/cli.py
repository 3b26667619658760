"""The command line: `dlstart`."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from assistant.commands import corpus as corpus_commands
from assistant.commands import index as index_commands
from assistant.commands import plan as plan_commands
from assistant.commands.ask import ask, chat
from assistant.commands.doctor import doctor
from assistant.commands.evaluate import evaluate
from assistant.commands.report import report
from assistant.commands.service import mcp, serve, settings
from assistant.commands.slack import slack
from assistant.errors import AssistantError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(index_commands.app, name="index")
app.add_typer(corpus_commands.app, name="corpus")
app.command()(ask)
app.command()(chat)
app.command()(slack)
app.command()(doctor)
app.command()(plan_commands.plan)
app.command()(report)
app.command()(evaluate)
app.command()(serve)
app.command()(mcp)
app.command()(settings)


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
