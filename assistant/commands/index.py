"""`dlstart index`: build, inspect and search the index."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.output import print_json
from assistant.commands.progress import BUILDING, show_progress
from assistant.errors import UsageError, index_problems
from assistant.settings import Settings, read_settings

if TYPE_CHECKING:
    from index.search import Searcher

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Build, inspect and search the index.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def build(
    corpus: Annotated[
        Path | None, typer.Option(metavar="DIR|FILE.md", help="A corpus; the settings' one otherwise.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to; the settings' place otherwise.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="ID", help="`default`, or a sentence-transformers id or path.")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="auto|cpu|cuda", help="Where to encode.")] = None,
) -> None:
    """Build or update the index: only texts that are new are encoded."""
    from assistant.texts import open_corpus
    from assistant.understanding.graph import reader_files
    from index.build import build_index, open_for_build

    # Texts become a million objects that stay to the end; to look for garbage among them takes a seventh of the time.
    gc.set_threshold(100_000, 50, 50)
    given = {"corpus": corpus, "index_dir": out, "encoder": encoder, "device": device}
    current = read_settings().replace(**{name: value for name, value in given.items() if value is not None})
    if current.device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"there is no device {current.device}", "give --device auto, cpu or cuda")
    texts = open_corpus(current)
    with index_problems(), show_progress(BUILDING) as progress:
        progress(0, 0)
        engine = open_for_build(current.encoder, current.device, current.index_path)
        manifest = build_index(texts, engine, current.index_path, progress, current.vectors, reader_files())
    typer.echo(
        f"{manifest.chunks} chunks, {manifest.views} views in {current.index_path}, "
        f"encoded by {manifest.encoder_id} ({manifest.encoder_engine})"
    )
    gc.freeze()  # Nor at the end.


@app.command()
def info(json_: JsonOption = False) -> None:
    """The manifest and the sizes of the index, and whether its files are whole."""
    from index.store import read_manifest, verify_files

    current = read_settings()
    with index_problems():
        manifest = read_manifest(current.index_path)
        verify_files(current.index_path, manifest)
    told = dataclasses.asdict(manifest)
    if json_:
        told |= {"directory": str(current.index_path), "bytes": _size(told["files"])}
        print_json(told)
        return
    files = told.pop("files")
    typer.echo(f"directory: {current.index_path}")
    for name, value in told.items():
        shown = (
            ", ".join(f"{key} {number:.4g}" for key, number in value.items())
            if isinstance(value, dict)
            else value
        )
        typer.echo(f"{name.replace('_', ' ')}: {shown}")
    for role, file in files.items():
        typer.echo(f"{role}: {file['name']}, {file['bytes'] / 1e6:.1f} MB")
    typer.echo(f"all files are whole, {_size(files) / 1e6:.1f} MB")


@app.command()
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many hits.")] = 10,
    hybrid: Annotated[
        bool, typer.Option("--hybrid", help="By one statement in PostgreSQL: vectors and full text.")
    ] = False,
    within: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="ID", help="With --hybrid: only this section or resource."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """The ranked hits for a question, without an answer."""
    from assistant.service import check_question

    question = check_question(question)
    if within and not hybrid:
        raise UsageError("--in filters the hybrid search", "give --hybrid, too")
    with index_problems():
        searcher = _open_searcher(read_settings())
        found = searcher.search_hybrid(question, k, within or ()) if hybrid else searcher.search(question, k)
    if json_:
        told: dict[str, object] = {
            "hits": [hit.as_dict() for hit in found.hits],
            "timings_ms": found.timings_ms,
        }
        told |= {} if hybrid else {"confidence": found.confidence}
        print_json(told)
        return
    for number, hit in enumerate(found.hits, 1):
        typer.echo(f"{number:2}. {hit.score:.3f} {hit.chunk.title} ({hit.chunk.kind}, by its {hit.view})")
        typer.echo(f"    {hit.chunk.text}")
    if not hybrid:
        typer.echo(f"confidence {found.confidence:.2f}")


def _open_searcher(current: Settings) -> Searcher:
    """The index as it is: one that is missing or stale is refused here, not built."""
    from assistant.texts import open_corpus
    from index.encoder import open_encoder
    from index.search import Searcher, open_index
    from index.store import read_manifest

    read_manifest(current.index_path)
    encoder = open_encoder(current.encoder, current.device, current.index_path)
    return Searcher(open_index(current.index_path, open_corpus(current), encoder, current.vectors), encoder)


def _size(files: dict[str, dict[str, int]]) -> int:
    return sum(file["bytes"] for file in files.values())
