"""What a text names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.lexicon import Lexicon
from assistant.words import plain, whole
from corpus import Corpus


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus)


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        ("is CS231n free", ("cs231n",)),
        ("Nielsen or Goodfellow?", ("nielsen-book", "deep-learning-book")),
        ("tf vs torch", ("tensorflow", "torch")),
        ("gilbert strang's course", ("strang-linear-algebra",)),
        ("how do I start deep learning", ()),
    ],
)
def test_names_are_found_in_order(lexicon: Lexicon, text: str, resources: tuple[str, ...]) -> None:
    assert lexicon.read(text).resources == resources


def test_an_author_of_several_means_several_the_guides_first(lexicon: Lexicon) -> None:
    assert lexicon.read("anything by karpathy").several == (
        "cs231n",
        "karpathy-rnn",
        "karpathy-rl",
        "karpathy-zero-to-hero",
    )


def test_the_longest_name_wins(lexicon: Lexicon) -> None:
    assert lexicon.read("the annotated transformer").resources == ("annotated-transformer",)


def test_concepts_are_named_in_learners_words(lexicon: Lexicon) -> None:
    assert lexicon.read("which graphics card for LSTMs").concepts == ("gpu", "lstm")


def test_the_rest_is_what_names_leave(lexicon: Lexicon) -> None:
    assert lexicon.read("does cs231n have homework").rest == ("homework",)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_mentions_never_overlap(lexicon: Lexicon, text: str) -> None:
    reading = lexicon.read(text)
    ends = [0, *(mention.end for mention in reading.mentions)]
    assert all(mention.start >= end for mention, end in zip(reading.mentions, ends, strict=False))


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        ("is the Caltech one harder", ("abu-mostafa-telecourse",)),
        ("the oxford lectures, are they free", ("de-freitas-oxford",)),
        ("o livro do Prince é grátis?", ("udl-book",)),
        ("how long is the lstm essay", ("olah-lstm",)),
    ],
)
def test_a_name_is_found_with_another_noun_of_its_kind(
    lexicon: Lexicon, text: str, resources: tuple[str, ...]
) -> None:
    assert lexicon.read(text).resources == resources


def test_a_nickname_of_two_resources_means_either(lexicon: Lexicon) -> None:
    assert lexicon.read("is hf any good").several == ("hf-llm-course", "hf-deep-rl-course")


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        ("CS231nは無料ですか", ("cs231n",)),
        ("fast.ai랑 d2l 중에 뭐가", ("fastai-practical-deep-learning", "d2l")),
        ("我说的是cs231n太难", ("cs231n",)),
        ("我想看花书第六章", ("deep-learning-book",)),
        ("파이토치랑 뭐가 달라요", ("pytorch",)),
        ("Strang'ın dersi zor mu", ("strang-linear-algebra",)),
        ("у Стрэнга есть экзамены?", ("strang-linear-algebra",)),
    ],
)
def test_names_are_found_inside_other_scripts(
    lexicon: Lexicon, text: str, resources: tuple[str, ...]
) -> None:
    assert lexicon.read(text).resources == resources


@pytest.mark.parametrize(
    "text",
    [
        "is there a calculus course",
        "ich will mit deep learning anfangen",
        "quiero mi primer libro",
        "give me one good thing to read",
        "what must i know before a dl textbook",
        "is all that rl stuff worth it",
    ],
)
def test_a_common_noun_is_no_name(lexicon: Lexicon, text: str) -> None:
    assert lexicon.read(text).resources == ()


@pytest.mark.parametrize(
    ("text", "basics"),
    [
        ("no sé nada de álgebra lineal", {"linear-algebra"}),
        ("je n'ai jamais fait de probabilités", {"probability"}),
        ("Ableitungen kann ich", {"calculus"}),
        ("não sei estatística", {"probability"}),
        ("nie umiem rachunku różniczkowego", {"calculus"}),
        ("türev biliyorum", {"calculus"}),
        ("saya belum paham aljabar linear", {"linear-algebra"}),
        ("मुझे गणित नहीं आता", {"maths"}),
        ("я не знаю теорию вероятностей", {"probability"}),
        ("我数学不好，微积分忘了", {"maths", "calculus"}),
        ("線形代数はわかりません", {"linear-algebra"}),
        ("conosco l'apprendimento automatico", {"machine-learning"}),
    ],
)
def test_basics_are_named_in_the_learners_language(corpus: Corpus, text: str, basics: set[str]) -> None:
    found = {basic.id for basic in corpus.about.basics if whole(basic.words).search(plain(text))}
    assert found == basics
