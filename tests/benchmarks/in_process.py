"""Without HTTP: the floor (encode and search, nothing else), and the library (`Assistant.answer`).

`python -m tests.benchmarks.in_process floor|library SECONDS QUESTIONS`, in a process of its own: one question at a
time. Prints a line at the first answer, and JSON at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time

from tests.benchmarks.page import measure_resident

_K = 5
_WARM_UP = 1.0

Ask = Callable[[str], Awaitable[object]]


def open_floor() -> Ask:
    """Bare onnxruntime and FAISS, on the files of the index."""
    from assistant.settings import read_settings
    from index.encoder import open_encoder
    from index.store import read_manifest
    from index.vectors import FaissVectors

    directory = read_settings().index_path
    encoder = open_encoder("default", "cpu", directory)
    vectors = FaissVectors.read(directory / read_manifest(directory).files["vectors"].name)

    async def ask(question: str) -> object:
        return vectors.search(encoder.encode_queries([question]), _K)

    return ask


def open_library() -> Ask:
    """The whole answer, from Python."""
    from assistant.service import Ask as Asked
    from assistant.service import Assistant
    from assistant.settings import read_settings

    assistant = Assistant.open(read_settings())
    return lambda question: assistant.answer(Asked(question))


async def measure(ask: Ask, questions: list[str], seconds: float) -> dict[str, object]:
    """Ask one at a time until the time is over."""
    await ask(questions[0])
    print("first answer", flush=True)
    turn = itertools.cycle(questions)
    ends = perf_counter() + min(_WARM_UP, seconds)
    while perf_counter() < ends:
        await ask(next(turn))
    latencies = []
    began, worked = perf_counter(), process_time()
    while (asked := perf_counter()) < began + seconds:
        await ask(next(turn))
        latencies.append((perf_counter() - asked) * 1e3)
    return {
        "answers": len(latencies),
        "errors": 0,
        "first_error": "",
        "seconds": perf_counter() - began,
        "latencies": latencies,
        "cpu_s": process_time() - worked,
        "resident_mb": measure_resident(),
    }


def main() -> None:
    """Read the arguments, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("floor", "library"))
    parser.add_argument("seconds", type=float)
    parser.add_argument("questions", type=Path, help="a JSON list of request bodies")
    given = parser.parse_args()
    questions = [body["question"] for body in json.loads(given.questions.read_text("utf-8"))]
    ask = open_floor() if given.what == "floor" else open_library()
    print(json.dumps(asyncio.run(measure(ask, questions, given.seconds))))


if __name__ == "__main__":
    main()
