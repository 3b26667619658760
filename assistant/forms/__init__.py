"""Which sentences answer a need, by its form: on a topic, about resources, onwards from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.case import Case
from assistant.follow_up import Form
from assistant.forms.about import about, compare
from assistant.forms.onwards import follow, more, other
from assistant.forms.topic import topic
from assistant.layout import Block

_FORMS: Mapping[Form, Callable[[Case], list[Block]]] = {
    "about": about,
    "compare": compare,
    "next": follow,
    "more": more,
    "other": other,
}
"""A need of another form is on a topic."""


def choose(case: Case) -> list[Block]:
    """The sentences that answer a need, in blocks and in order; none where nothing fits."""
    return _FORMS.get(case.need.form, topic)(case)
