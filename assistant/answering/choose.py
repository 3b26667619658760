"""What an answer says: the form for the act, and what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from assistant.answering.case import Case, Ranked
from assistant.answering.forms.choice import choice
from assistant.answering.forms.comparison import compare
from assistant.answering.forms.fact import about
from assistant.answering.forms.further import explain, more
from assistant.answering.frames import frame_of
from assistant.answering.layout import Block, Content, Line
from assistant.answering.sentences import Sentences
from assistant.dialogue.request import Request
from assistant.understanding.reading import Act
from index.search import Found

_FORMS: Mapping[Act, Callable[[Case], Content]] = {
    "about": about,
    "compare": compare,
    "why": explain,
    "more": more,
}
"""The other acts ask for something to take."""


def choose(
    request: Request,
    ranked: Sequence[Ranked],
    alone: Found,
    context: Found,
    sentences: Sentences,
    partly: bool = False,
) -> Content:
    """Choose what to say to a request from the ranked resources and what was found for it.

    `alone`: for the message; `context`: for the message with the topic of the turns before; `partly`: whether the
    corpus answers only a part of it.
    """
    # A question about what is pointed at is read by its own words; anything else by its topic as well.
    own = request.act in _FORMS and bool(request.refs)
    message, found = (request.query, alone) if own else (request.context, context)
    names = sentences.evidence.lexicon.read(message)
    near = sentences.nearness(message, found, request.state.quotes, names)
    case = Case(request, ranked, sentences, near, frame_of(request.reading.language), names)
    content = _FORMS.get(request.act, choice)(case)
    if partly and content.blocks:
        # A gap is what was asked, in the words of who asked it.
        opened = content.opened_by(case.frame.text("gap", "partly"))
        content = replace(opened, gaps=(*content.gaps, request.reading.text))
    return _with_notice(case, content)


def _with_notice(case: Case, content: Content) -> Content:
    """The notice that the sources are in another language, in the first answer in that language."""
    notice = case.frame.text("gap", "sources")
    is_foreign = case.frame.language != case.corpus.about.language
    if not (notice and content.blocks and is_foreign) or case.request.state.turns:
        return content
    return replace(content, blocks=(*content.blocks, Block((Line((notice,)),))))
