"""The five promises of every answer, checked again from the outside.

The types refuse most broken answers already; this is a second opinion that shares no code with them, and that
also sees what a type can't: the order of the sentences, and words that the text owes its reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assistant.errors import AssistantError
from assistant.types import Answer, Citation
from corpus.types import Corpus
from index.types import Chunk

_MARKER = re.compile(r"\[(\d+)\]")
_ENDS = r"\s<>\"'`|()\]“”«»…\u3000-\u303f\uff00-\uffef"
_ADDRESS = re.compile(rf"\b(?:[a-z][a-z0-9+.-]*://|www\.)(?:[^{_ENDS}]|\([^{_ENDS}]*\))+", re.IGNORECASE)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]*)")
_HEADING = re.compile(r"^(?=#{1,6} )", re.MULTILINE)
_ADDITION = re.compile(r"\badditions?\b", re.IGNORECASE)


class PromisesBroken(AssistantError):
    """An answer broke one of its promises, or could not be built without breaking one."""


def broken_promises(answer: Answer, chunks: Mapping[str, Chunk], corpus: Corpus) -> tuple[str, ...]:
    """What is wrong with an answer, each with the number of its promise; empty for an honest one."""
    return (
        *_quotes(answer, chunks),
        *_markers(answer),
        *_addresses(answer, corpus),
        *_states(answer, corpus),
        *_additions(answer, chunks, corpus),
    )


def broken_dialogue(answers: Sequence[Answer]) -> tuple[str, ...]:
    """What is wrong with the answers of one conversation together."""
    asked = sum(answer.clarifying_question is not None for answer in answers)
    return (f"the conversation asks back {asked} times, once is allowed",) if asked > 1 else ()


def _quotes(answer: Answer, chunks: Mapping[str, Chunk]) -> Iterator[str]:
    for citation in answer.citations:
        chunk = chunks.get(citation.chunk_id)
        if chunk is None:
            yield f"1: [{citation.number}] cites a chunk that is not in the index"
        elif not citation.quote.strip() or citation.quote not in chunk.text:
            yield f"1: the quote of [{citation.number}] is not in its chunk"


def _markers(answer: Answer) -> Iterator[str]:
    used = {int(number) for number in _MARKER.findall(answer.text)}
    numbers = [citation.number for citation in answer.citations]
    for number in sorted(used - set(numbers)):
        yield f"2: [{number}] has no citation"
    for number in sorted(set(numbers) - used):
        yield f"2: citation [{number}] is not used in the text"
    if len(numbers) != len(set(numbers)):
        yield "2: two citations have one number"


def _addresses(answer: Answer, corpus: Corpus) -> Iterator[str]:
    shown = [citation.url for citation in answer.citations]
    shown += [citation.successor.url for citation in answer.citations if citation.successor]
    shown += [related.url for related in answer.related]
    for address in shown:
        if address is not None and address not in corpus.urls:
            yield f"3: {address} is not in the corpus"
    texts = [answer.text, *(citation.status_note or "" for citation in answer.citations), *answer.suggestions]
    if answer.clarifying_question:
        texts += [answer.clarifying_question.text, *answer.clarifying_question.options]
    bare = {url.partition("://")[2].rstrip("/") for url in corpus.urls}
    for address in _written(texts):
        known = address in corpus.urls or address.rstrip(".,;:!?*_") in corpus.urls
        if not known and address.rstrip(".,;:!?*_/") not in bare:
            yield f"3: the text holds {address}, which is not in the corpus"


def _written(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _ADDRESS.findall(text)
        yield from (target for target in _LINK.findall(text) if not _ADDRESS.match(target))


def _states(answer: Answer, corpus: Corpus) -> Iterator[str]:
    for citation in answer.citations:
        resource = corpus.resource_by_id.get(citation.resource or "")
        if resource is None or resource.status == "current":
            continue
        if citation.status != resource.status or not citation.status_note:
            yield f"4: [{citation.number}] does not say that {resource.id} is {resource.status}"
        if resource.successor is not None and not _names_successor(citation, resource.successor.title):
            yield f"4: [{citation.number}] does not name the successor of {resource.id}"


def _names_successor(citation: Citation, title: str) -> bool:
    return citation.successor is not None and citation.successor.title == title


def _additions(answer: Answer, chunks: Mapping[str, Chunk], corpus: Corpus) -> Iterator[str]:
    for citation in answer.citations:
        chunk = chunks.get(citation.chunk_id)
        if chunk is not None and chunk.kind == "addition" and citation.kind != "addition":
            yield f"5: [{citation.number}] is an addition and is not called one"
    added = {citation.number: _is_addition(citation, corpus) for citation in answer.citations}
    # What lives comes first, whoever names it; but each part of a text calls its own additions so.
    for part in _HEADING.split(answer.text):
        cited = any(added.get(int(n)) for n in _MARKER.findall(part))
        if cited and not _ADDITION.search(part):
            yield "5: the text cites an addition without calling it one"


def _is_addition(citation: Citation, corpus: Corpus) -> bool:
    """Whether a source recommends an addition, in its own words or in what the guide's editors say today."""
    resource = corpus.resource_by_id.get(citation.resource or "")
    return citation.kind == "addition" or (resource is not None and resource.origin == "addition")
