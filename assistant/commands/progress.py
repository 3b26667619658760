"""A progress bar on standard error, for what takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextmanager
def show_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a `progress(done, total)`; the bar appears with its first call and goes when the work ends."""
    bars: list[tuple[Progress, TaskID]] = []

    def show(done: int, total: int) -> None:
        if not bars:
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bars.append((bar, bar.add_task(title, total=total)))
            bar.start()
        progress, task = bars[0]
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    try:
        yield show
    finally:
        for progress, _ in bars:
            progress.stop()
