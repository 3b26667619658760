"""A progress bar on standard error, for what takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

BUILDING = "Building the index"
ONCE = "The index is built once only; that takes about a minute."


@contextmanager
def show_progress(title: str, note: str = "") -> Iterator[Callable[[int, int], None]]:
    """Give a `progress(done, total)`; the bar appears with its first call and goes when the work ends.

    A total of 0 says that the work has begun and its size is not known yet. `note` stands above the bar.
    """
    bars: list[tuple[Progress, TaskID]] = []

    def show(done: int, total: int) -> None:
        if not bars:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            # Without a terminal a bar would leave an empty line behind.
            bar = Progress(console=console, transient=True, disable=not console.is_terminal)
            bars.append((bar, bar.add_task(title, total=None)))
            if note:
                bar.console.print(note)
            bar.start()
        progress, task = bars[0]
        progress.update(task, completed=done, total=total or None)
        if done >= total > 0:
            progress.stop()

    try:
        yield show
    finally:
        for progress, _ in bars:
            progress.stop()
