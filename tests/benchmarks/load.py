"""A load of questions over HTTP: so many callers, each with a connection of its own, each asking as soon as it is
answered. `python -m tests.benchmarks.load URL CALLERS SECONDS BODIES [--inside]`; prints JSON.

Bare asyncio streams in a process of their own: every latency is kept as it was, and the client costs little beside
what it measures (its own processor time is printed, too). wrk costs less still, but adds latencies of its own making
to those that it saw ("coordinated omission"), which is not what callers that wait for their answer live through.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import SplitResult, urlsplit

_PATIENCE = 60.0
_STEPS = ("encode", "search", "compose")


@dataclass(slots=True)
class Load:
    """What is asked, and what came of it."""

    address: SplitResult
    requests: Iterator[bytes]
    look_inside: bool = False
    latencies: list[float] = field(default_factory=list)
    """Milliseconds from question to answer."""
    errors: list[str] = field(default_factory=list)
    """Each a status that is not 200, or what broke."""
    inside: list[float] = field(default_factory=list)
    """Milliseconds that an answer says it took: encode + search + compose."""

    async def call(self, until: float) -> None:
        """One caller: ask again and again on one connection."""
        writer = None
        while (asked := perf_counter()) < until:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(self.address.hostname, self.address.port)
                writer.write(next(self.requests))
                status, body = await asyncio.wait_for(_read(reader), _PATIENCE)
            except (OSError, EOFError, KeyError, ValueError, TimeoutError) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                writer = None
                await asyncio.sleep(0.05)
                continue
            if status != "200":
                self.errors.append(status)
                continue
            self.latencies.append((perf_counter() - asked) * 1e3)
            if self.look_inside:
                timings = json.loads(body)["timings_ms"]
                self.inside.append(sum(timings[step] for step in _STEPS))
        if writer is not None:
            writer.close()


async def load(
    url: str, callers: int, seconds: float, bodies: list[Any], look_inside: bool = False
) -> dict[str, Any]:
    """Ask the bodies in turn until the time is over."""
    address = urlsplit(url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    encoded = [json.dumps(body).encode() for body in bodies]
    ready = Load(
        address, itertools.cycle(head + b"%d\r\n\r\n" % len(body) + body for body in encoded), look_inside
    )
    began, worked = perf_counter(), process_time()
    await asyncio.gather(*(ready.call(began + seconds) for _ in range(callers)))
    return {
        "answers": len(ready.latencies),
        "errors": len(ready.errors),
        "first_error": ready.errors[0] if ready.errors else "",
        "seconds": perf_counter() - began,
        "latencies": ready.latencies,
        "inside": ready.inside,
        "client_cpu_s": process_time() - worked,
    }


async def _read(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The status and the body of a response that is read to its end."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines if line)
    return first.split()[1], await reader.readexactly(int(fields["content-length"]))


def main() -> None:
    """Read the arguments, load, print."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("callers", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("bodies", type=Path, help="a JSON list of request bodies")
    parser.add_argument("--inside", action="store_true", help="also read what the answers say of themselves")
    given = parser.parse_args()
    bodies = json.loads(given.bodies.read_text("utf-8"))
    print(json.dumps(uvloop.run(load(given.url, given.callers, given.seconds, bodies, given.inside))))


if __name__ == "__main__":
    main()
