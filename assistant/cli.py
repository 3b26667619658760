"""The command line: `dlstart`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from assistant.commands import corpus as corpus_commands
from assistant.commands import index as index_commands
from assistant.commands import plan as plan_commands
from assistant.commands.ask import ask, chat
from assistant.commands.doctor import doctor
from assistant.commands.evaluate import evaluate
from assistant.commands.output import prepare_output, written_output
from assistant.commands.report import report
from assistant.commands.service import mcp, serve, settings
from assistant.commands.slack import slack
from assistant.errors import AssistantError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: the same on every console.
    rich_markup_mode=None,
    epilog="`dlstart COMMAND --help` lists the options of a command; `--debug` shows the traceback of an error.",
)
app.add_typer(index_commands.app, name="index")
app.add_typer(corpus_commands.app, name="corpus")
app.command()(ask)
app.command()(chat)
app.command()(slack)
app.command(short_help="What the program runs on, and what is missing.")(doctor)
app.command(short_help="Make a study plan.")(plan_commands.plan)
app.command(short_help="Sum up what people asked, and what they thought of it.")(report)
app.command()(evaluate)
app.command()(serve)
app.command()(mcp)
app.command()(settings)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dlstart {version('dlstart')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Answers from one guide, with a source for every sentence."""


def main() -> None:
    """Run the command line; an error is one line, never a traceback."""
    prepare_output()
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        with written_output():
            app(prog_name="dlstart")
    except AssistantError as error:
        if debug:
            raise
        _fail(error)


def _fail(error: AssistantError) -> NoReturn:
    print(f"dlstart: {error}" + (f"; {error.cure}" if error.cure else ""), file=sys.stderr)
    raise SystemExit(error.exit_status)
