"""Answers in a terminal: one at a time, or a conversation. Plain text where the output is piped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.errors import BadRequest
from assistant.service import Ask, Assistant
from assistant.types import Answer, Citation, Profile

_BADGES = {
    "current": ("current", "green"),
    "updated": ("updated", "cyan"),
    "moved": ("moved", "cyan"),
    "archived": ("archived", "yellow"),
    "superseded": ("superseded", "yellow"),
    "discontinued": ("discontinued", "red"),
}
_WIDTH = 100
_PROMPT = "you> "
_HELLO = "Ask the guide in your own words. /help lists the commands, /quit leaves."
_HELP = """/sources   the sources of the last answer, with their quotes
/history   what was said so far
/new       forget this conversation and begin another
/help      this list
/quit      leave (so does Ctrl-D)"""
_UNKNOWN = "There is no command {word}; /help lists them."


def show_answer(answer: Answer, console: Console) -> None:
    """Show one answer with its numbered sources; plain where nobody looks at a terminal."""
    if not console.is_terminal:
        console.print(plain_answer(answer), markup=False, highlight=False, soft_wrap=True)
        return
    width = min(console.width, _WIDTH)
    console.print(Markdown(answer.text), width=width)
    if answer.citations:
        console.print()
        console.print(_sources(answer.citations), width=width)
    if answer.clarifying_question:
        console.print()
        console.print(Text(answer.clarifying_question.text, style="bold"))
        for option in answer.clarifying_question.options:
            console.print(Text(f"  · {option}"))
    elif answer.suggestions:
        console.print()
        console.print(Text("You could ask: " + " · ".join(answer.suggestions), style="dim"), width=width)


def plain_answer(answer: Answer) -> str:
    """One answer as plain text: the text, then a line for each source."""
    lines = [answer.text.rstrip()]
    if answer.citations:
        lines.append("")
        lines += [f"[{c.number}] {_title(c)}: {c.url or '(no address)'}" for c in answer.citations]
    if answer.clarifying_question:
        lines += ["", f"{answer.clarifying_question.text} ({' / '.join(answer.clarifying_question.options)})"]
    return "\n".join(lines)


def _title(citation: Citation) -> str:
    aged = citation.status not in (None, "current")
    after = f", now {citation.successor.title}" if aged and citation.successor else ""
    return f"{citation.title} ({citation.status}{after})" if aged else citation.title


def _sources(citations: Iterable[Citation]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="bold")
    table.add_column()
    by_place: dict[tuple[str, str | None], list[Citation]] = {}
    for citation in citations:
        by_place.setdefault((citation.title, citation.url), []).append(citation)
    for same in by_place.values():
        citation = same[0]
        words = Text(citation.title)
        if citation.status is not None:
            name, colour = _BADGES[citation.status]
            words.append("  ")
            words.append(f"[{name}]", style=colour)
        if citation.url:
            words.append(f"\n{citation.url}", style="dim underline")
        if citation.successor and citation.status != "current":
            words.append(f"\nnow: {citation.successor.title} ", style="dim")
            words.append(citation.successor.url, style="dim underline")
        table.add_row(Text("".join(f"[{one.number}]" for one in same)), words)
    return table


def _quotes(citations: Iterable[Citation], console: Console) -> None:
    for citation in citations:
        console.print(Text(f"[{citation.number}] {_title(citation)}", style="bold"))
        console.print(Padding(Text(f"“{citation.quote}”"), (0, 0, 0, 4)))
        if citation.url:
            console.print(Padding(Text(citation.url, style="dim underline"), (0, 0, 0, 4)))


class Chat:
    """A conversation in the terminal."""

    def __init__(self, assistant: Assistant, console: Console, profile: Profile | None = None) -> None:
        self._assistant = assistant
        self._console = console
        self._profile = profile
        self._conversation: str | None = None
        self._said: list[tuple[str, Answer]] = []

    def run(self, read: Callable[[str], str] = input) -> None:
        """Read messages until /quit, Ctrl-D or Ctrl-C."""
        shown = self._console.is_terminal
        if shown:
            self._console.print(Text(_HELLO, style="dim"))
        with asyncio.Runner() as runner, suppress(EOFError, KeyboardInterrupt):
            while True:
                message = read(_PROMPT if shown else "").strip()
                if message.startswith("/"):
                    if not self._obey(message.lower()):
                        return
                elif message:
                    self._reply(runner, message)

    def _reply(self, runner: asyncio.Runner, message: str) -> None:
        ask = Ask(message, conversation_id=self._conversation, profile=self._profile, channel="terminal")
        try:
            answer = runner.run(self._assistant.answer(ask))
        except BadRequest as error:
            self._console.print(Text(f"{error}; {error.cure}", style="red"))
            return
        self._profile = None
        self._conversation = answer.conversation_id
        self._said.append((message, answer))
        self._console.print()
        show_answer(answer, self._console)
        self._console.print()

    def _obey(self, command: str) -> bool:
        """Carry out a command; False for the one that leaves."""
        word = command.split()[0]
        if word in ("/quit", "/exit", "/q"):
            return False
        if word == "/new":
            self._conversation, self._said = None, []
            self._console.print(Text("A new conversation.", style="dim"))
        elif word == "/sources":
            self._sources_of_last()
        elif word == "/history":
            for message, answer in self._said:
                self._console.print(Text(f"{_PROMPT}{message}", style="bold"))
                self._console.print(Text(answer.text), width=min(self._console.width, _WIDTH))
        elif word == "/help":
            self._console.print(Text(_HELP))
        else:
            self._console.print(Text(_UNKNOWN.format(word=word), style="red"))
        return True

    def _sources_of_last(self) -> None:
        citations = self._said[-1][1].citations if self._said else ()
        if citations:
            _quotes(citations, self._console)
        else:
            self._console.print(Text("The last answer has no sources.", style="dim"))


def remember_lines(path: Path) -> Callable[[], None]:
    """Let the arrow keys bring back lines of earlier sessions; returns what saves them. Not on every system."""
    try:
        import readline
    except ImportError:  # Windows has none
        return lambda: None
    with suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(500)

    def save() -> None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(path)

    return save
