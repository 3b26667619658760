"""One changed file in a corpus of 5,000: what `dlstart index build` takes.

`python -m tests.benchmarks.reindex [--resources N]`, or as a part of `make bench`. The corpus and its first index
(minutes) are kept and used again; a file is changed in each of five builds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from corpus import load_corpus
from corpus.load import default_corpus_path
from tests.benchmarks.candidates import CACHE, ROOT, Failed, last_line, worked_by_children
from tests.benchmarks.page import describe_machine, print_table

RESOURCES = 5_000
_BUILDS = 5
_TOPICS = (
    "attention", "audio", "autoencoders", "backpropagation", "calculus", "causality", "clustering", "compilers",
    "convolution", "data cleaning", "diffusion models", "embeddings", "ethics", "forecasting", "generative models",
    "graph networks", "image search", "interpretability", "kernels", "language models", "linear algebra", "medicine",
    "metric learning", "optimisation", "parsing", "planning", "privacy", "probability", "pruning", "recommenders",
    "regression", "retrieval", "robotics", "segmentation", "speech", "statistics", "tracking", "transfer learning",
)  # fmt: skip
_FORMS = ("course", "book", "tutorial", "blog-post")
_ENDS = (
    "for people who learn by building",
    "with proofs",
    "in one weekend",
    "for engineers",
    "by examples",
    "slowly",
)


@dataclass(frozen=True, slots=True)
class Changed:
    """Medians of the builds after one changed file."""

    resources: int
    views: int
    wall_s: float
    cpu_s: float
    first_s: float
    """The whole build at first, wall seconds; as it was when the index was made."""


def measure(resources: int = RESOURCES) -> Changed:
    """Change one file, build, and again."""
    folder = CACHE / f"corpus-{resources}"
    index, mark = folder / "index", folder / "first.json"
    if not mark.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        write_corpus(folder / "corpus", resources)
        print(f"building an index of {resources:,} resources for the first time", file=sys.stderr, flush=True)
        mark.write_text(json.dumps(_build(folder / "corpus", index)), "utf-8")
    first_s, _ = json.loads(mark.read_text("utf-8"))
    _build(folder / "corpus", index)  # after a change of the program this one may do more
    builds = []
    for number in range(_BUILDS):
        path = folder / "corpus" / "resources" / f"synthetic-{number:05}.md"
        path.write_text(f"{path.read_text('utf-8')}It was changed at {time.time_ns()}.\n", "utf-8")
        builds.append(_build(folder / "corpus", index))
    views = json.loads((index / "manifest.json").read_text("utf-8"))["views"]
    wall, cpu = (median(values) for values in zip(*builds, strict=True))
    return Changed(resources, views, wall, cpu, first_s)


def write_corpus(folder: Path, resources: int) -> None:
    """The default corpus, and made-up resources until there are so many."""
    shutil.copytree(default_corpus_path(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    sections = [section.id for section in load_corpus(folder).sections]
    chance = random.Random(1)
    for number in range(resources - len(list((folder / "resources").glob("*.md")))):
        text = _resource(number, chance.choice(sections), chance)
        (folder / "resources" / f"synthetic-{number:05}.md").write_text(text, "utf-8")


def _resource(number: int, section: str, chance: random.Random) -> str:
    first, second, third = chance.sample(_TOPICS, 3)
    form, end = chance.choice(_FORMS), chance.choice(_ENDS)
    title = f"Synthetic {form} {number}: {first} and {second} {end}"
    front: Mapping[str, object] = {
        "title": title,
        "url": f"https://example.org/{number}",
        "kind": form,
        "authors": [f"Author {number % 997}"],
        "organisation": None,
        "section": section,
        "origin": "addition",
        "level": chance.choice(("intro", "intermediate", "advanced")),
        "prerequisites": [],
        "topics": [first, second, third],
        "format": ["text"],
        "length": f"{chance.randint(2, 60)} hours",
        "cost": "Free",
        "status": "current",
        "status_note": f"Synthetic {form} {number} is made up.",
        "status_checked": "2026-11-22",
        "current_url": f"https://example.org/{number}",
        "successor": None,
        "good_for": [f"learning {first}"],
        "not_for": [f"learning {third}"],
        "questions": [
            f"which {form} teaches {first} with {second} {end}",
            f"what is synthetic {form} {number}",
        ],
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in front.items() if key != "status_checked"]
    lines.append(f"status_checked: {front['status_checked']}")
    body = (
        f"Synthetic {form} {number} teaches {first} from the start and then turns to {second}. "
        f"Synthetic {form} {number} has {chance.randint(5, 40)} chapters and ends with a project on {third}. "
        f"Synthetic {form} {number} suits learners who want {second} {end}."
    )
    return "\n".join(["---", *lines, "---", "", body, ""])


def _build(corpus: Path, index: Path) -> tuple[float, float]:
    """Wall and processor seconds of the command."""
    worked, began = worked_by_children(), time.perf_counter()
    command: list[str | Path] = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "assistant",
        "index",
        "build",
        "--corpus",
        corpus,
        "--out",
        index,
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(last_line(done.stderr))
    return time.perf_counter() - began, worked_by_children() - worked


def table(found: Changed) -> list[str]:
    """As Markdown."""
    return [
        f"{describe_machine()}. Made-up resources beside those of the default corpus, {found.resources:,} with "
        f"{found.views:,} views in all; then a sentence is added to one file and `dlstart index build` runs again: "
        f"whole process, median of {_BUILDS}.",
        "",
        "| | wall, s | processor, s |",
        "|---|---:|---:|",
        f"| the whole index, once | {found.first_s:.1f} | |",
        f"| one changed file | {found.wall_s:.2f} | {found.cpu_s:.2f} |",
    ]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=RESOURCES)
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("DLSTART_")]:
        del os.environ[name]
    print_table(table(measure(given.resources)))


if __name__ == "__main__":
    main()
