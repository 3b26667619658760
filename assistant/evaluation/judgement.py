"""One answer against what was expected of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from assistant.evaluation.questions import Expected
from assistant.types import Answer, Citation
from corpus.sentences import split_sentences

_MARKERS = re.compile(r"((?:\s*\[\d+\])+)")
_NUMBER = re.compile(r"\[(\d+)\]")
_WORD = re.compile(r"\w+")
_RULE = re.compile(r"[\s|:-]+")
_BACKED_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is right and wrong about one answer. None: the question does not ask for it."""

    outcome_right: bool
    """Whether the outcome is one of the right ones."""
    resource_cited: bool | None
    """Whether one of the acceptable resources is cited."""
    facts_mentioned: bool | None
    """Whether one text of every group is mentioned."""
    forbidden_avoided: bool | None
    """Whether nothing forbidden is said."""
    citation_precision: float | None
    """Share of the citations that fit the question."""
    citation_recall: float | None
    """Share of the stating sentences that a citation backs."""
    lead_right: bool | None = None
    """Whether the first resource that is cited is acceptable."""
    living_first: bool | None = None
    """Whether that resource is alive; None also where nothing acceptable is."""

    @property
    def right(self) -> bool:
        """Whether the answer is right: nothing that the question asks for is wrong."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the answer is wrong; empty for a right one."""
        checks = (
            (self.outcome_right, "outcome"),
            (self.resource_cited, "resource"),
            (self.facts_mentioned, "fact"),
            (self.forbidden_avoided, "forbidden text"),
        )
        return tuple(name for passed, name in checks if passed is False)


def judge(expected: Expected, answer: Answer, living: Set[str] = frozenset()) -> Judgement:
    """Judge one answer. Resources and facts count only where the question was answered.

    `living`: ids of the resources that can still be taken.
    """
    answered = answer.outcome in ("answered", "clarify")
    said = spoken(answer)
    acceptable = {*expected.resources, *expected.additions} if answered else set()
    first = next((c.resource for c in answer.citations if c.resource), None)
    return Judgement(
        outcome_right=is_outcome_right(expected, answer),
        resource_cited=_cites_one(acceptable, answer) if acceptable else None,
        facts_mentioned=_mentions_all(expected, said) if answered and expected.must_mention else None,
        forbidden_avoided=(
            not any(straighten(text) in said for text in expected.must_not_mention)
            if expected.must_not_mention
            else None
        ),
        citation_precision=_precision(expected, answer.citations),
        citation_recall=_recall(answer) if answered else None,
        lead_right=first in acceptable if acceptable else None,
        living_first=first in living if first and acceptable & living else None,
    )


def is_outcome_right(expected: Expected, answer: Answer) -> bool:
    """Whether the outcome is right. A question back, beside a provisional answer, counts as answering."""
    if answer.outcome == "clarify" and expected.may_answer:
        return bool(answer.citations)
    return answer.outcome in expected.outcomes


def straighten(text: str) -> str:
    """Lower case, with straight apostrophes: the form in which texts are compared."""
    return text.lower().replace("’", "'").replace("‘", "'")


def spoken(answer: Answer) -> str:
    """Everything that counts as mentioned: the text, and of each citation title, status note and successor."""
    parts = [answer.text]
    for citation in answer.citations:
        parts += [citation.title, citation.status_note or ""]
        parts += [citation.successor.title] if citation.successor else []
    return straighten("\n".join(parts))


def named(citation: Citation) -> set[str]:
    """Ids of the resources that a citation recommends, describes or names."""
    return {*citation.resources, *([citation.resource] if citation.resource else [])}


def fits(expected: Expected, citation: Citation) -> bool | None:
    """Whether a source belongs under this question; None where the labels don't say.

    It names an expected resource or addition. Where it names none, or the question expects none of the
    guide's, it must come from an acceptable section.
    """
    names = named(citation)
    if names & {*expected.resources, *expected.additions}:
        return True
    if names and expected.resources:
        return False
    return citation.section in expected.sections if expected.sections else None


def stating_sentences(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Sentences that state something, each with the numbers of its markers.

    Questions, headings, lines that end in a colon and the head of a table state nothing.
    """
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.lstrip().startswith("#") or (following.strip() and _RULE.fullmatch(following)):
            continue
        pieces = _MARKERS.split(line)
        for piece, markers in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
            spans = split_sentences(piece)
            for n, (start, end) in enumerate(spans):
                sentence = piece[start:end].strip(" .|*_")
                numbers = tuple(map(int, _NUMBER.findall(markers))) if n == len(spans) - 1 else ()
                if _WORD.search(sentence) and (numbers or not sentence.endswith(("?", ":"))):
                    yield sentence, numbers


def _cites_one(acceptable: Set[str], answer: Answer) -> bool:
    return any(named(citation) & acceptable for citation in answer.citations)


def _mentions_all(expected: Expected, said: str) -> bool:
    return all(any(straighten(text) in said for text in group) for group in expected.must_mention)


def _precision(expected: Expected, citations: Sequence[Citation]) -> float | None:
    judged = [fit for citation in citations if (fit := fits(expected, citation)) is not None]
    return sum(judged) / len(judged) if judged else None


def _recall(answer: Answer) -> float | None:
    by_number = {citation.number: citation for citation in answer.citations}
    backed = [
        _is_backed(sentence, [by_number[n] for n in numbers if n in by_number])
        for sentence, numbers in stating_sentences(answer.text)
    ]
    return sum(backed) / len(backed) if backed else None


def _is_backed(sentence: str, citations: Sequence[Citation]) -> bool:
    words = set(_WORD.findall(straighten(sentence)))
    held: set[str] = set()
    for citation in citations:
        successor = citation.successor.title if citation.successor else ""
        source = f"{citation.quote} {citation.title} {citation.status_note or ''} {successor}"
        held |= set(_WORD.findall(straighten(source)))
    return len(words & held) >= _BACKED_FROM * len(words)
