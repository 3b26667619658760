"""The words of a plan's request: what names something, and what is said of a word that names nothing."""

from __future__ import annotations

import pytest

from assistant.errors import BadRequest
from assistant.plan.wishes import PREFERENCES, PROVIDERS, check_wishes, find_unknown
from assistant.types import Profile
from corpus import Corpus


def test_every_id_name_maker_format_and_kind_can_be_given(corpus: Corpus) -> None:
    ids = (*corpus.resource_by_id, *corpus.section_by_id)
    names = [name for r in corpus.resources for name in (r.short, r.title, *r.aliases)]
    titles = [section.title for section in corpus.sections]
    makers = [name for r in corpus.resources for name in (*r.authors, r.organisation) if name]
    known = (*ids, *names, *titles, "Linear Algebra", "calculus", "ML", "python", "programming")
    avoids = (*known, *makers, *(r.kind for r in corpus.resources), "video", "reading", "hands-on", "paid")
    wishes = Profile(prefers=PREFERENCES, knows=known, done=known, avoids=avoids)
    assert find_unknown(corpus, wishes) is None


def test_whatever_a_conversation_can_read_can_be_given(corpus: Corpus) -> None:
    assert find_unknown(corpus, Profile(avoids=tuple(PROVIDERS))) is None
    taught = tuple(basic.taught_in for basic in corpus.about.basics if basic.taught_in)
    assert find_unknown(corpus, Profile(knows=taught)) is None


def test_a_word_of_the_texts_can_be_refused_and_not_known(corpus: Corpus) -> None:
    assert find_unknown(corpus, Profile(avoids=("captions",))) is None
    unknown = find_unknown(corpus, Profile(knows=("captions",)))
    assert unknown is not None and unknown.field == "knows"


@pytest.mark.parametrize(
    ("wishes", "field", "cure"),
    [
        (Profile(prefers=("singing",)), "prefer", "expected reading, video, hands-on, free, short"),
        (Profile(prefers=("videos",)), "prefer", "did you mean video?"),
        (Profile(avoids=("nope",)), "avoid", "expected reading, video"),
        (Profile(avoids=("vidoes",)), "avoid", "did you mean video"),
        (Profile(avoids=("books",)), "avoid", "did you mean reading"),
        (Profile(avoids=("[7]",)), "avoid", "expected reading, video"),
        (Profile(avoids=("corsera",)), "avoid", "did you mean coursera"),
        (Profile(knows=("quantum gravity",)), "knows", "expected a subject, or a name or id"),
        (Profile(knows=("probabilty",)), "knows", "did you mean probability"),
        (Profile(done=("cs231n", "nope")), "done", "expected a subject, or a name or id"),
        (Profile(done=("karpathy-rn",)), "done", "did you mean karpathy-rnn"),
        (Profile(done=("!?",)), "done", "expected a subject"),
    ],
)
def test_a_word_that_names_nothing_is_told_with_its_field_and_what_is_near(
    corpus: Corpus, wishes: Profile, field: str, cure: str
) -> None:
    with pytest.raises(BadRequest) as error:
        check_wishes(corpus, wishes)
    assert error.value.field == field and f"in {field} names nothing" in str(error.value)
    assert cure in error.value.cure
