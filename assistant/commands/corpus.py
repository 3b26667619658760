"""`dlstart corpus`: check, list and extend the texts."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.commands.output import print_json
from assistant.errors import UsageError
from assistant.settings import read_settings
from corpus.describe import describe_corpus

if TYPE_CHECKING:
    from corpus.links import LinkState, Verdict
    from corpus.types import Corpus

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, list and extend the corpus.")

PathArgument = Annotated[
    Path | None, typer.Argument(metavar="[DIR|FILE.md]", help="A corpus; the one of the settings otherwise.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(
    path: PathArgument = None,
    links: Annotated[bool, typer.Option("--links", help="Ask every address whether it is alive.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for an address.", min=0.1, max=120)] = 15,
    json_: Annotated[bool, typer.Option("--json", help="Print the links' report as JSON.")] = False,
) -> None:
    """Validate every file: each fault with file and line, what is wrong, and how to mend it."""
    from corpus.check import find_warnings
    from corpus.load import read_corpus

    place = path or read_settings().corpus
    corpus, problems = read_corpus(place)
    if corpus is not None:
        problems += find_warnings(corpus)
    for problem in sorted(problems, key=lambda p: (p.level, p.path, p.line)):
        typer.echo(str(problem), err=json_)
    count = Counter(problem.level for problem in problems)
    if corpus is not None:
        size = f"{len(corpus.sections)} sections, {len(corpus.resources)} resources"
        typer.echo(f"{size}: {count['error']} errors, {count['warning']} warnings", err=json_)
    dead = corpus is not None and links and _check_links(corpus, timeout, json_)
    raise typer.Exit(1 if count["error"] or dead else 0)


@app.command("list")
def list_(path: PathArgument = None, json_: JsonOption = False) -> None:
    """List the sections and resources, and the goals that a plan can have."""
    from assistant.texts import open_corpus

    current = read_settings()
    corpus = open_corpus(current if path is None else current.replace(corpus=path))
    if json_:
        goals = [{"id": goal.id, "label": goal.label} for goal in corpus.about.goals]
        print_json(describe_corpus(corpus) | {"goals": goals})
        return
    for section in corpus.sections:
        typer.echo(f"{section.id}: {section.title}")
        for resource in corpus.resources:
            if resource.section == section.id:
                mark = "+" if resource.origin == "addition" else "-"
                state = "" if resource.status == "current" else f" ({resource.status})"
                typer.echo(f"  {mark} {resource.id}: {resource.title}{state}")
    typer.echo(f"goals of a plan: {', '.join(corpus.about.goal_ids)}")


@app.command()
def where() -> None:
    """Print where the corpus in force is."""
    from corpus.load import default_corpus_path

    typer.echo(read_settings().corpus or default_corpus_path())


@app.command()
def new(
    slug: Annotated[str, typer.Argument(help="Its id: lower case, with dashes.")],
    title: Annotated[str, typer.Option(help="Its own title.")],
    url: Annotated[str, typer.Option(help="Its address.")],
    section: Annotated[str, typer.Option(help="Id of the section that it belongs to.")],
    corpus: Annotated[Path | None, typer.Option(help="A corpus directory.")] = None,
) -> None:
    """Write the file of a new addition, with every key, for its editor to fill in."""
    from corpus.addresses import is_address
    from corpus.load import default_corpus_path
    from corpus.parse import SLUG
    from corpus.write import blank_addition, write_resource

    root = corpus or read_settings().corpus or default_corpus_path()
    file = Path(root) / "resources" / f"{slug}.md"
    if not Path(root).is_dir():
        raise UsageError(f"{root} is no corpus directory", "give one with --corpus")
    if not SLUG.fullmatch(slug):
        raise UsageError(f"{slug!r} is no slug", "use lower case, digits and dashes")
    if not is_address(url):
        raise UsageError(f"{url!r} is no address", "start it with https://")
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(write_resource(blank_addition(slug, title, url, section)))
    except FileExistsError:
        raise UsageError(f"{file} is there already", "edit it, or choose another slug") from None
    except OSError as error:
        raise UsageError(f"{file} can't be written ({error.strerror})", "check the directory") from None
    typer.echo(f"wrote {file}; fill it in, then run `dlstart corpus check`")


def _check_links(corpus: Corpus, timeout: float, as_json: bool) -> bool:
    """Report the state of every address; whether one of them is dead."""
    from rich.console import Console
    from rich.progress import Progress

    from corpus.links import check_links, list_addresses

    addresses = list_addresses(corpus)
    states: list[LinkState] = []

    async def run() -> None:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Checking links", total=len(addresses))
            async for state in check_links(addresses, timeout=timeout):
                states.append(state)
                progress.advance(task)

    asyncio.run(run())
    order: dict[Verdict, int] = {"dead": 0, "unsure": 1, "moved": 2, "alive": 3}
    states.sort(key=lambda state: (order[state.verdict], state.url))
    if as_json:
        print_json([_link_dict(state) for state in states])
    else:
        for state in states:
            if state.verdict != "alive":
                target = f" -> {state.target}" if state.target else ""
                archive = f"; archive: {state.archive}" if state.verdict == "dead" else ""
                typer.echo(
                    f"{state.places[0]}: {state.verdict}: {state.url}{target}: {state.reason}{archive}"
                )
        count = Counter(state.verdict for state in states)
        typer.echo(f"{len(states)} links: " + ", ".join(f"{count[verdict]} {verdict}" for verdict in order))
    return any(state.verdict == "dead" for state in states)


def _link_dict(state: LinkState) -> dict[str, Any]:
    return {
        "url": state.url,
        "verdict": state.verdict,
        "status": state.status,
        "target": state.target,
        "reason": state.reason,
        "archive": state.archive,
        "places": list(state.places),
    }
