"""`dlstart serve`, `dlstart mcp`, `dlstart settings`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from assistant.commands.output import print_json
from assistant.settings import TABLE, describe_table, read_settings, show_value


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that share the port and the index.")
    ] = 1,
    root_path: Annotated[
        str, typer.Option(help="Path under which a proxy serves the program, like /guide.")
    ] = "",
) -> None:
    """Serve the page, the widget and the HTTP endpoints."""
    from assistant.channels.http.serve import serve as run

    if root_path:
        # In the environment, because each worker reads its own settings.
        os.environ["DLSTART_ROOT_PATH"] = root_path
    run(read_settings(), host, port, workers)


def mcp() -> None:
    """Serve the Model Context Protocol on standard input and output."""
    from assistant.channels.http.desk import Desk
    from assistant.channels.mcp import serve_stdio
    from assistant.logs import configure_logs
    from assistant.service import Assistant

    current = read_settings()
    configure_logs(current.log_format)
    asyncio.run(serve_stdio(Desk(current, Assistant.open(current))))


def settings(
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    markdown: Annotated[
        bool, typer.Option(help="Print the table of docs/settings.md, without values.")
    ] = False,
) -> None:
    """Print the table of settings: name, value, default, help."""
    if markdown:
        typer.echo(describe_table(), nl=False)
        return
    current = read_settings()
    rows = [
        {
            "name": setting.name,
            "value": show_value(setting, current),
            "default": setting.default,
            "help": setting.help,
            "secret": setting.secret,
        }
        for setting in TABLE
    ]
    if json_:
        print_json({"settings": rows})
        return
    for row in rows:
        typer.echo(
            f"{row['name']}={_as_written(row['value'])}\n    default: {row['default'] or '(empty)'}; {row['help']}"
        )


def _as_written(value: Any) -> str:
    """A value as the environment and the file give it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ",".join(f"{name}={part}" if name else part for name, part in value.items())
    return ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
