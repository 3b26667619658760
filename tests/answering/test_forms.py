"""What answers say: the form of each act, on a guide about bread."""

from __future__ import annotations

import re

import pytest

from assistant.answering.speaker import Spoken
from assistant.types import MARKER
from assistant.understanding.reading import Act
from tests.answering.toy import Bench, Toy, after

ALL = (Toy("crumb-school", 0.9), Toy("levain-lab", 0.8), Toy("old-oven", 0.7), Toy("flour-primer", 0.6))


def _bare(spoken: Spoken) -> str:
    """The text without markers."""
    return re.sub(r"\s*\[\d+\]", "", spoken.draft.text)


def test_a_fact_is_answered_by_the_sentence_that_carries_it(toy: Bench) -> None:
    spoken = toy.say("how long does it take?", refs=("crumb-school",), aspects=("length",))
    assert spoken.draft.text == "Crumb School takes 40 hours. [1]"
    assert [citation.quote for citation in spoken.draft.citations] == ["Crumb School takes 40 hours."]


def test_a_length_is_computed_at_the_hours_of_the_learner_with_its_basis(toy: Bench) -> None:
    spoken = toy.say("how long?", refs=("crumb-school",), aspects=("length",), hours=3)
    assert spoken.draft.text == "40 hours, so about 14 weeks at your 3 hours a week [1]."
    assert spoken.draft.citations[0].quote == "Crumb School takes 40 hours."


def test_a_length_without_hours_is_not_computed(toy: Bench) -> None:
    spoken = toy.say("how long?", refs=("new-oven",), aspects=("length",), hours=3)
    assert spoken.draft.text == "New Oven has 300 pages (addition). [1]"


def test_what_is_not_told_is_a_gap_that_is_named(toy: Bench) -> None:
    spoken = toy.say("does it give a certificate?", refs=("levain-lab",), aspects=("certificate",))
    assert spoken.gaps == ("The guide doesn't say this about Levain Lab: certificate.",)
    assert spoken.draft.text.startswith(spoken.gaps[0])


def test_what_is_told_comes_before_what_is_not(toy: Bench) -> None:
    spoken = toy.say("price and certificate?", refs=("levain-lab",), aspects=("certificate", "cost"))
    assert _bare(spoken) == (
        "Levain Lab costs 50 euros (addition). The guide doesn't say this about Levain Lab: certificate."
    )


@pytest.mark.parametrize(
    ("question", "ref", "opening"),
    [
        ("is it free?", "crumb-school", "Yes. Crumb School is free to watch."),
        ("do i have to pay?", "crumb-school", "No. Crumb School is free to watch."),
        ("is it free?", "levain-lab", "No. Levain Lab costs 50 euros (addition)."),
        ("do i have to pay?", "levain-lab", "Yes. Levain Lab costs 50 euros (addition)."),
        ("how much does it cost?", "levain-lab", "Levain Lab costs 50 euros (addition)."),
    ],
)
def test_a_closed_question_gets_a_verdict_where_a_fact_decides_it(
    toy: Bench, question: str, ref: str, opening: str
) -> None:
    assert _bare(toy.say(question, refs=(ref,), aspects=("cost",))) == opening


def test_one_verdict_for_several_is_given_only_where_they_agree(toy: Bench) -> None:
    mixed = toy.say("are they free?", refs=("crumb-school", "levain-lab"), aspects=("cost",))
    assert not mixed.draft.text.startswith(("Yes", "No"))
    agreed = toy.say("are they free?", refs=("old-oven", "levain-lab"), aspects=("cost",))
    assert agreed.draft.text.startswith("No.")


def test_the_shortest_comes_first_and_the_hours_are_added_up(toy: Bench) -> None:
    spoken = toy.say("how long are they?", refs=("crumb-school", "levain-lab"), aspects=("length",))
    assert spoken.items == ("levain-lab", "crumb-school")
    assert _bare(spoken).endswith("Together 48 hours.")
    assert spoken.draft.text.endswith("Together 48 hours [1][2].")


def test_three_things_are_a_list_with_a_gap_for_those_that_nothing_is_told_of(toy: Bench) -> None:
    refs = ("crumb-school", "levain-lab", "flour-primer", "new-oven")
    spoken = toy.say("which have exercises?", refs=refs, aspects=("exercises",))
    lines = _bare(spoken).splitlines()
    assert lines[0] == "**Crumb School**: with exercises."
    assert lines[2] == "**Levain Lab** (addition): no exercises."
    assert spoken.gaps == ("The guide doesn't say this about Flour Primer and New Oven: exercises.",)


def test_a_choice_names_the_best_first_with_price_and_length(toy: Bench) -> None:
    spoken = toy.say("where do i start baking?", "start", ranked=ALL[:1])
    assert _bare(spoken) == (
        "Start with **Crumb School**: To start baking, the guide recommends Crumb School; free; 40 hours."
    )


def test_a_sentence_goes_on_from_the_name_that_it_begins_with(toy: Bench) -> None:
    state = after("To start baking, the guide recommends Crumb School.")
    spoken = toy.say("something by hand?", "find", ranked=ALL[:1], state=state)
    assert _bare(spoken) == "**Crumb School** suits beginners who want to bake by hand; free; 40 hours."


def test_the_clause_of_the_situation_restates_what_bears_on_the_choice(toy: Bench) -> None:
    spoken = toy.say("i like videos. start?", "start", ranked=ALL[:1], says=("prefers:video", "hardware:gpu"))
    assert spoken.draft.text.startswith("Since you like videos: start with **Crumb School**")


def test_a_taste_that_the_choice_does_not_meet_is_not_restated(toy: Bench) -> None:
    spoken = toy.say("i like videos", "find", ranked=(Toy("flour-primer"),), says=("prefers:video",))
    assert spoken.draft.text.startswith("**Flour Primer**")


def test_what_is_excluded_is_not_recommended(toy: Bench) -> None:
    ranked = (Toy("crumb-school", 0.9, "done"), *ALL[1:])
    spoken = toy.say("what now?", "another", ranked=ranked)
    assert "crumb-school" not in spoken.items
    assert "Crumb School" not in spoken.draft.text


def test_a_dead_thing_stands_behind_its_living_successor_and_says_its_state(toy: Bench) -> None:
    spoken = toy.say("a book?", "find", ranked=(Toy("old-oven", 0.9), Toy("crumb-school", 0.5)))
    assert spoken.items == ("new-oven", "crumb-school", "old-oven")
    assert "Old Oven went out of print in 2019" in spoken.draft.text


def test_a_dead_thing_does_not_bring_a_successor_that_is_excluded(toy: Bench) -> None:
    spoken = toy.say("a book?", "find", ranked=(Toy("old-oven", 0.9), Toy("new-oven", 0.5, "refused")))
    assert spoken.items == ("old-oven",)


def test_additions_are_called_so_and_the_guides_own_pick_is_named_beside_them(toy: Bench) -> None:
    spoken = toy.say("sourdough?", "find", ranked=(Toy("levain-lab", 0.9), Toy("crumb-school", 0.1)))
    assert spoken.draft.text.startswith("**Levain Lab** (addition)")
    assert "The guide itself names **Crumb School**" in spoken.draft.text


def test_whom_a_thing_does_not_suit_is_no_reason_for_it(toy: Bench) -> None:
    spoken = toy.say("i am a baker, is it for me?", "find", ranked=(Toy("flour-primer"),))
    assert "not for trained bakers" not in spoken.draft.text


def test_two_things_are_compared_in_a_table_under_a_verdict(toy: Bench) -> None:
    spoken = toy.say("compare them", "compare", ("crumb-school", "levain-lab"), ranked=ALL)
    verdict, table = spoken.draft.text.split("\n\n")
    assert verdict.startswith("Rather **Crumb School**")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[0] == ["", "**Crumb School**", "**Levain Lab** (addition)"]
    assert all(all(row[1:]) for row in rows)
    assert "40 hours" in table
    assert "8 hours" in table


def test_more_says_what_was_not_said(toy: Bench) -> None:
    said = ("Crumb School suits beginners who want to bake by hand.", "Crumb School takes 40 hours.")
    spoken = toy.say("tell me more", "more", state=after(*said, items=("crumb-school",)))
    quotes = {citation.quote for citation in spoken.draft.citations}
    assert quotes
    assert not quotes & set(said)


def test_more_says_so_where_everything_was_said(toy: Bench) -> None:
    quotes = [quote.text for quote in toy.speaker.sentences.on("crumb-school")]
    state = after(*quotes, items=("crumb-school",))
    spoken = toy.say("more", "more", state=state, ranked=(Toy("levain-lab"),))
    assert spoken.draft.text.startswith("The guide has nothing more on that. **Levain Lab**")


def test_no_sentence_is_repeated_while_there_is_another(toy: Bench) -> None:
    first = toy.say("where do i start baking?", "start", ranked=ALL[:1])
    said = [citation.quote for citation in first.draft.citations]
    second = toy.say("where do i start baking?", "start", ranked=ALL[:1], state=after(*said))
    assert second.draft.text != first.draft.text
    assert "bake by hand" in second.draft.text


def test_a_question_on_nothing_named_gets_the_nearest_sentence(toy: Bench) -> None:
    spoken = toy.say("what equipment do i need", "about")
    assert spoken.draft.citations[0].quote == "Crumb School needs a scale and an oven."


def test_partly_says_so_and_keeps_the_question_as_a_gap(toy: Bench) -> None:
    spoken = toy.say("what equipment do i need", "about", partly=True)
    assert spoken.draft.text.startswith("The guide answers only a part of that: ")
    assert spoken.gaps == ("what equipment do i need",)


def test_the_frame_is_in_the_language_of_the_message_and_says_once_that_sources_are_not(toy: Bench) -> None:
    spoken = toy.say("¿es gratis?", refs=("crumb-school",), aspects=("cost",), language="es")
    assert spoken.draft.text == "Sí. Crumb School is free to watch. [1]\n\n(Las fuentes están en inglés.)"
    later = toy.say("¿es gratis?", refs=("crumb-school",), aspects=("cost",), language="es", state=after())
    assert later.draft.text == "Sí. Crumb School is free to watch. [1]"


def test_nothing_to_say_is_a_draft_without_sources(toy: Bench) -> None:
    assert toy.say("a plan", "find").draft.citations == ()


@pytest.mark.parametrize(
    "act", ["start", "find", "about", "another", "more", "next", "before", "compare", "why", "tell"]
)
def test_an_unannotated_guide_is_answered_too(bare: Bench, act: Act) -> None:
    spoken = bare.say("crumb school exercises", act, ("crumb-school", "levain-lab"), ("exercises",), ALL)
    numbers = {int(number) for number in MARKER.findall(spoken.draft.text)}
    assert numbers == set(range(1, len(spoken.draft.citations) + 1)) != set()
    assert spoken.gaps == ()
