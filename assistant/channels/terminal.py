"""Answers in a terminal: one at a time, or a conversation. Plain text where the output is piped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from assistant.ending import list_sources, name_source, pick_option
from assistant.errors import BadRequest
from assistant.service import Ask, Assistant
from assistant.types import Answer, Citation, Profile, as_values

_BADGES = {
    "current": ("current", "green"),
    "updated": ("updated", "cyan"),
    "moved": ("moved", "cyan"),
    "archived": ("archived", "yellow"),
    "superseded": ("superseded", "yellow"),
    "discontinued": ("discontinued", "red"),
}
_WIDTH = 100
_INDENT = "    "
_NOT_TALKING = "(Say so in your question, or talk in `dlstart chat`.)"
_PROMPT = "you> "
_HELLO = "Ask the guide in your own words. /help lists the commands, /quit leaves."
_HELP = """/sources   the sources of the last answer, with their quotes
/history   what was said so far
1, 2, …    pick what is offered under the last answer
/new       forget this conversation, and the lines you typed, and begin another
/help      this list
/quit      leave (so does Ctrl-D)"""
_UNKNOWN = "There is no command {word}; /help lists them."


def show_answer(answer: Answer, console: Console, talking: bool = False) -> None:
    """Show one answer with its numbered sources; plain where nobody looks at a terminal.

    `talking`: there is a next message, which may pick an option or a suggestion by its number.
    """
    if not console.is_terminal:
        console.print(plain_answer(answer, talking), markup=False, highlight=False, soft_wrap=True)
        return
    width = min(console.width, _WIDTH)
    console.print(Markdown(answer.text), width=width)
    if answer.citations:
        console.print()
        for line in _sources(answer.citations):
            # The terminal breaks the line, not we: an address stays whole when it is copied.
            console.print(line, soft_wrap=True)
    for line in _onwards(answer, talking):
        console.print(line, width=width)


def plain_answer(answer: Answer, talking: bool = False) -> str:
    """One answer as plain text: the text, a line for each source, the question back."""
    whole = answer.as_dict()
    blocks = [answer.text.rstrip(), "\n".join(list_sources(whole["citations"]))]
    if answer.clarifying_question:
        blocks.append("\n".join(line.plain for line in _onwards(answer, talking)).strip("\n"))
    return "\n\n".join(filter(None, blocks))


def choices(answer: Answer) -> tuple[str, ...]:
    """What the next message may pick by its number: the options of the question back, else the suggestions."""
    question = answer.clarifying_question
    return question.options if question else answer.suggestions


def _onwards(answer: Answer, talking: bool) -> list[Text]:
    """The question back with its options, or what could be asked next."""
    question = answer.clarifying_question
    if question and not talking:
        return [Text(), Text(f"{question.text} {_NOT_TALKING}", style="bold")]
    if not question and not answer.suggestions:
        return []
    head = Text(question.text, style="bold") if question else Text("You could ask:", style="dim")
    mark = "{}. {}" if talking else "- {1}"
    lines = [mark.format(number, words) for number, words in enumerate(choices(answer), 1)]
    return [Text(), head, *(Text(f"  {line}", style="" if question else "dim") for line in lines)]


def _sources(citations: Iterable[Citation]) -> Iterator[Text]:
    """The lines of each thing that is cited: numbers, title and state; its address; what took its place."""
    by_place: dict[tuple[str, str | None], list[Citation]] = {}
    for citation in citations:
        by_place.setdefault((citation.title, citation.url), []).append(citation)
    for same in by_place.values():
        citation = same[0]
        words = Text("".join(f"[{one.number}]" for one in same), style="bold")
        words.append(f" {citation.title}", style="not bold")
        if citation.status is not None:
            name, colour = _BADGES[citation.status]
            words.append(f"  [{name}]", style=f"not bold {colour}")
        yield words
        if citation.url:
            yield _address(citation.url)
        if citation.successor and citation.status != "current":
            yield Text(f"{_INDENT}now: {citation.successor.title}", style="dim")
            yield _address(citation.successor.url)


def _address(url: str) -> Text:
    return Text(_INDENT).append(url, style=Style(dim=True, underline=True, link=url))


def _quotes(citations: Iterable[Citation], console: Console) -> None:
    for citation in citations:
        console.print(Text(f"[{citation.number}] {name_source(as_values(citation))}", style="bold"))
        console.print(Padding(Text(f"“{citation.quote}”"), (0, 0, 0, len(_INDENT))))
        if citation.url:
            console.print(_address(citation.url), soft_wrap=True)


class Chat:
    """A conversation in the terminal."""

    def __init__(self, assistant: Assistant, console: Console, profile: Profile | None = None) -> None:
        self._assistant = assistant
        self._console = console
        self._profile = profile
        self._conversation: str | None = None
        self._said: list[tuple[str, Answer]] = []
        self._offered: tuple[str, ...] = ()

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
        chosen = pick_option(message, self._offered)
        # A suggestion is a complete question; an option answers the question before.
        complete = chosen in self._offered and not self._said[-1][1].clarifying_question
        if chosen != message:
            self._console.print(Text(f"{_PROMPT}{chosen}", style="dim"))
        ask = Ask(chosen, self._conversation, (), self._profile, "terminal", standalone=complete)
        try:
            answer = runner.run(self._assistant.answer(ask))
        except BadRequest as error:
            self._console.print(Text(f"{error}; {error.cure}", style="red"))
            return
        self._profile = None
        self._conversation = answer.conversation_id
        self._said.append((chosen, answer))
        self._offered = choices(answer)
        self._console.print()
        show_answer(answer, self._console, talking=True)
        self._console.print()

    def _obey(self, command: str) -> bool:
        """Carry out a command; False for the one that leaves."""
        word = command.split()[0]
        if word in ("/quit", "/exit", "/q"):
            return False
        if word == "/new":
            self._conversation, self._said, self._offered = None, [], ()
            _forget_lines()
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


def edit_lines() -> None:
    """Let the arrow keys edit a line and bring back those of this session, which no file keeps. Not everywhere."""
    with suppress(ImportError):  # Windows has none
        import readline  # noqa: F401


def _forget_lines() -> None:
    """Let the arrow keys bring back nothing of what was typed until now."""
    # Whoever reads lines without it has none to forget.
    if (readline := sys.modules.get("readline")) is not None:
        readline.clear_history()
