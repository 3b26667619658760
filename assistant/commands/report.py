"""`dlstart report`: what people asked, what was not covered, feedback."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.output import print_json
from assistant.errors import Unavailable, UsageError
from assistant.settings import read_settings

if TYPE_CHECKING:
    from assistant.store import StoredAnswer


def report(
    since: Annotated[str, typer.Option(help="A date (2026-11-01), or a number of days (30d).")] = "30d",
    out: Annotated[Path, typer.Option(help="Directory for usage.html, usage.json and answers.csv.")] = Path(
        "report"
    ),
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, write nothing.")] = False,
) -> None:
    """Sum up what people asked, what was not covered, what was cited, and their feedback."""
    from assistant.store import MOST_ANSWERS
    from assistant.stores import open_store
    from assistant.texts import open_corpus
    from assistant.usage import sum_up
    from assistant.usage_page import write_report
    from index.encoder import open_encoder

    settings = read_settings()
    start, end = _read_since(since), datetime.now(UTC)
    if not settings.store_questions:
        raise UsageError("questions are not kept", "set DLSTART_STORE_QUESTIONS=yes")

    async def read() -> list[StoredAnswer]:
        store = await open_store(settings)
        try:
            return await store.answers_since(start)
        except Unavailable:
            raise Unavailable("the database can't be read", "check DLSTART_DATABASE_URL") from None
        finally:
            await store.close()

    answers = asyncio.run(read())
    if len(answers) == MOST_ANSWERS:
        typer.echo(
            f"only the newest {MOST_ANSWERS} answers are summed up, since {answers[0].at:%Y-%m-%d}", err=True
        )
    usage = sum_up(answers, open_encoder(settings.encoder, settings.device, settings.index_path), start, end)
    if json_:
        print_json(usage.as_dict())
        return
    corpus = open_corpus(settings)
    titles = {section.id: section.title for section in corpus.sections}
    titles |= {resource.id: resource.title for resource in corpus.resources}
    try:
        paths = write_report(usage, answers, out, titles)
    except OSError as error:
        raise UsageError(
            f"{out} can't be written ({error.strerror})", "give another directory with --out"
        ) from None
    typer.echo(f"{usage.answers} answers since {start:%Y-%m-%d}: {', '.join(map(str, paths))}")


def _read_since(text: str) -> datetime:
    if found := re.fullmatch(r"(\d{1,5})d?", text):
        return datetime.now(UTC) - timedelta(days=int(found[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text!r} is no date", "write 2026-11-01, or 30d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
