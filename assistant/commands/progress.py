"""The progress bar of everything that takes a while."""

from __future__ import annotations

from collections.abc import Callable


def show_progress() -> Callable[[int, int], None]:
    """A function that is told how much of how much is done, and shows a bar while there is something to do."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task("Building the index", total=None)

    def show(done: int, total: int) -> None:
        if done < total and not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    return show
