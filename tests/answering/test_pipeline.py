"""The line from a message to its answer, over stages that say what they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.answering.pipeline import Advice, Adviser
from assistant.answering.ranking import Candidate
from assistant.answering.scope import Scope
from assistant.answering.speaker import Spoken
from assistant.answering.stages import Search
from assistant.cite import Draft, Pick, cite
from assistant.dialogue.look import Looker
from assistant.dialogue.request import Request
from assistant.dialogue.state import State
from assistant.types import Citation, Conversation, Exchange, Outcome, Profile, Related, Turn
from assistant.understanding.reading import Act, Before, Kind, Reading, Statement
from corpus.types import About, LearnerQuestion
from index.search import Found
from tests.dialogue.toy import Toy, toy

QUESTION = LearnerQuestion("Do you know bees?", ("Yes", "No"))


@dataclass
class Script:
    """Stages whose decisions hang on words of the message, and a note of what they were called with."""

    bees: Toy
    scopes: dict[str, Kind] = field(default_factory=dict)
    """Kind by a word of the message; `answered` without one."""
    acts: dict[str, Act] = field(default_factory=dict)
    """Act by a word of the message; `find` without one."""
    first: dict[str, str] = field(default_factory=dict)
    """Resource that is ranked first, by a word of the message or of what the learner knows."""
    read_with: list[tuple[str, Before]] = field(default_factory=list)
    states: list[State] = field(default_factory=list)

    def expand(self, text: str, state: State) -> str:
        return state.last.options[int(text) - 1] if text.isdigit() and state.last else text

    async def read(self, text: str, before: Before) -> Reading:
        self.read_with.append((text, before))
        act: Act = next((act for word, act in self.acts.items() if word in text), "find")
        says = (Statement("knows", text),) if text in QUESTION.options else ()
        return Reading(text, acts={act: 1.0}, says=says)

    def context(self, text: str, state: State) -> str:
        return f"{state.last.query}. {text}" if state.last else text

    def look(self, alone: Found, context: Found) -> Search:
        looker = Looker(self.bees.corpus, self.bees.searcher.index)
        return Search(alone, context, looker.look(alone), looker.look(context))

    def resolve(self, reading: Reading, state: State, search: Search) -> Request:
        self.states.append(state)
        knows = (*state.learner.knows, *reading.says_of("knows"))
        context = self.context(reading.text, state)
        learner = replace(state.learner, knows=knows)
        return Request(reading, reading.act, reading.text, context, learner=learner, state=state)

    def rank(self, request: Request, search: Search) -> Sequence[Candidate]:
        said = f"{request.query} {' '.join(request.learner.knows)}"
        first = [id for word, id in self.first.items() if word in said]
        others = [one.id for one in self.bees.corpus.resources if one.id not in first]
        return [Candidate(id, 1 / (n + 1)) for n, id in enumerate((*first[-1:], *others))]

    def decide_scope(self, request: Request, search: Search, ranked: Sequence[Candidate]) -> Scope:
        found = (kind for word, kind in self.scopes.items() if word in request.query)
        outcome: Kind = next(found, "answered")
        return Scope(outcome, 0.75)

    def say(self, request: Request, search: Search, ranked: Sequence[Candidate], scope: Scope) -> Spoken:
        quote = self.bees.evidence.of_section[self.bees.corpus.resource_by_id[ranked[0].id].section][0]
        source = cite(self.bees.corpus, Pick(quote.chunk, quote.sentence), 1)
        return Spoken(
            Draft(f"{quote.text} [1]", (source,)), ("its price",) if "price" in request.query else ()
        )

    def decline(self, request: Request, outcome: Outcome, related: Sequence[Related]) -> str:
        return f"{outcome}: {', '.join(one.id for one in related)}"

    def suggest(
        self, request: Request, citations: Sequence[Citation], related: Sequence[Related]
    ) -> tuple[str, ...]:
        return (f"after {len(citations)}",)


@pytest.fixture
def script() -> Script:
    return Script(toy())


@dataclass
class Line:
    """An adviser over a script, and what it searched for."""

    script: Script
    question: LearnerQuestion | None = None
    searched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        bees = self.script.bees
        corpus = replace(bees.corpus, about=About(learner_question=self.question))
        self.adviser = Adviser(corpus, self.script, bees.transcript)

    async def find(self, text: str) -> Found:
        self.searched.append(text)
        return self.script.bees.searcher.search(text)

    async def answer(self, message: str, conversation: Conversation | None = None, **more: object) -> Advice:
        conversation = conversation or Conversation("con_1")
        return await self.adviser.answer(message, conversation, self.find, **more)  # type: ignore[arg-type]

    async def talk(self, *messages: str) -> tuple[Advice, Conversation]:
        """The answer to the last message, and the conversation before it, as a service keeps it."""
        conversation = Conversation("con_1")
        for message in messages[:-1]:
            conversation = self.kept(conversation, message, await self.answer(message, conversation))
        return await self.answer(messages[-1], conversation), conversation

    def kept(self, conversation: Conversation, message: str, advice: Advice) -> Conversation:
        record = self.adviser.record(advice, advice.draft.text)
        exchange = Exchange(message, "ans", advice.outcome, advice.draft.text, record=record)
        return replace(conversation, profile=advice.profile, exchanges=(*conversation.exchanges, exchange))


async def test_a_covered_question_is_answered(script: Script) -> None:
    advice = await Line(script).answer("honey, and its price?")
    assert (advice.outcome, advice.confidence, advice.gaps) == ("answered", 0.75, ("its price",))
    assert advice.draft.text == "The guide recommends Hive School for beginners. [1]"
    assert [one.id for one in advice.related] == [
        id for id, _ in script.bees.searcher.search("honey, and its price?").sections if id != "first-steps"
    ]
    assert advice.suggestions == ("after 1",)
    assert set(advice.timings_ms) == {"understand", "encode", "search", "compose"}


@pytest.mark.parametrize("outcome", ["not_covered", "off_topic", "refused", "smalltalk"])
async def test_what_is_not_covered_is_declined_and_claims_nothing(script: Script, outcome: Kind) -> None:
    script.scopes = {"wasps": outcome}
    advice = await Line(script).answer("wasps?")
    assert (advice.outcome, advice.draft.citations, advice.suggestions) == (outcome, (), ("after 0",))
    assert advice.draft.text.startswith(f"{outcome}: ")
    assert bool(advice.related) == (outcome == "not_covered")


async def test_an_answer_without_a_source_is_none(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "say", lambda *_: Spoken(Draft("I think so.", ())))
    advice = await Line(script).answer("honey?")
    assert advice.outcome == "not_covered"
    assert advice.draft.text.startswith("not_covered: ")


async def test_a_follow_up_is_read_and_searched_with_the_turn_before(script: Script) -> None:
    line = Line(script)
    await line.talk("about honey", "how long?")
    assert script.read_with[-1] == (
        "how long?",
        Before("about honey", ("Hive School",), "", ("hive-school",)),
    )
    assert line.searched == ["about honey", "how long?", "about honey. how long?"]


async def test_a_standalone_message_leans_on_no_turn_and_keeps_the_learner(script: Script) -> None:
    line = Line(script)
    _, before = await line.talk("about honey", "more")
    before = replace(before, profile=Profile(knows=("bees",)))
    advice = await line.answer("Winter", before, standalone=True)
    assert script.read_with[-1] == ("Winter", Before())
    assert line.searched[-1] == "Winter"
    assert advice.profile.knows == ("bees",)
    assert script.states[-1].quotes == {"The guide recommends Hive School for beginners."}


async def test_a_profile_that_the_client_sends_replaces_the_kept_one(script: Script) -> None:
    kept = Conversation("con_1", Profile(knows=("bees",)))
    advice = await Line(script).answer("honey", kept, learner=Profile(knows=("wasps",)))
    assert advice.profile.knows == ("wasps",)


async def test_the_question_back_is_asked_where_the_first_recommendation_hangs_on_it(script: Script) -> None:
    script.acts = {"start": "start"}
    script.first = {"Yes": "cold-hives"}
    advice = await Line(script, QUESTION).answer("where do I start?")
    assert advice.outcome == "clarify"
    assert advice.clarification is not None
    assert (advice.clarification.text, advice.clarification.options) == (QUESTION.text, QUESTION.options)


async def test_the_question_back_is_not_asked_where_every_answer_leads_to_the_same(script: Script) -> None:
    script.acts = {"start": "start"}
    advice = await Line(script, QUESTION).answer("where do I start?")
    assert (advice.outcome, advice.clarification) == ("answered", None)


@pytest.mark.parametrize(
    "learner",
    [Profile(knows=("x",)), Profile(lacks=("x",)), Profile(done=("x",)), Profile(background="ml")],
)
async def test_who_has_said_what_they_know_is_not_asked(script: Script, learner: Profile) -> None:
    script.acts = {"start": "start"}
    script.first = {"Yes": "cold-hives"}
    advice = await Line(script, QUESTION).answer("where do I start?", Conversation("con_1", learner))
    assert advice.clarification is None


async def test_the_question_back_is_asked_once(script: Script) -> None:
    script.acts = {"start": "start"}
    script.first = {"Yes": "cold-hives"}
    advice, before = await Line(script, QUESTION).talk("where do I start?", "honey", "so where do I start?")
    assert before.exchanges[0].record is not None
    assert before.exchanges[0].record.asked == QUESTION.text
    assert advice.clarification is None


async def test_a_reply_by_number_is_read_as_its_option(script: Script) -> None:
    script.acts = {"start": "start"}
    script.first = {"Yes": "cold-hives"}
    advice, _ = await Line(script, QUESTION).talk("where do I start?", "2")
    assert advice.profile.knows == ("No",)
    assert script.read_with[-1][1].asked == QUESTION.text


async def test_two_questions_get_two_answers(script: Script) -> None:
    script.first = {"winter": "cold-hives"}
    advice = await Line(script).answer("How do I begin? What about winter?")
    assert advice.draft.text == (
        "The guide recommends Hive School for beginners. [1]\n\n"
        "Cold Hives shows how bees get through the winter. [2]"
    )
    assert [one.number for one in advice.draft.citations] == [1, 2]


async def test_of_two_questions_the_one_that_is_not_covered_is_a_gap(script: Script) -> None:
    script.scopes = {"wasps": "not_covered"}
    advice = await Line(script).answer("How do I begin? What about wasps?")
    assert advice.outcome == "answered"
    assert advice.gaps == ("What about wasps?",)
    assert advice.draft.text == "The guide recommends Hive School for beginners. [1]\n\nnot_covered: "


async def test_a_second_question_that_leans_on_the_first_is_not_told_apart(script: Script) -> None:
    script.acts = {"it": "about"}
    script.first = {"it": "cold-hives"}
    advice = await Line(script).answer("How do I begin? How long does it take?")
    assert len(advice.draft.citations) == 1


async def test_an_answer_can_be_withdrawn_without_a_word_of_the_corpus(script: Script) -> None:
    line = Line(script)
    advice = await line.answer("honey")
    withdrawn = line.adviser.withdraw(advice)
    assert (withdrawn.outcome, withdrawn.draft.text, withdrawn.draft.citations) == (
        "not_covered",
        "not_covered: ",
        (),
    )
    assert withdrawn.profile == advice.profile


async def test_a_history_gives_the_conversation_that_the_service_keeps(script: Script) -> None:
    script.acts = {"start": "start", "Yes": "yesno_reply"}
    script.first = {"Yes": "cold-hives"}
    line = Line(script, QUESTION)
    messages = ["where do I start?", "Yes", "and honey?", "thanks"]
    _, kept = await line.talk(*messages)
    history = [
        turn for one in kept.exchanges for turn in (Turn("user", one.question), Turn("assistant", one.text))
    ]
    recalled = await line.adviser.recall(history, line.find)
    assert [one.record for one in recalled.exchanges] == [one.record for one in kept.exchanges]
    assert recalled.profile == kept.profile
    assert recalled.exchanges[0].record is not None
    assert recalled.exchanges[0].record.options == QUESTION.options


async def test_what_a_client_sends_again_is_not_read_again(script: Script) -> None:
    line = Line(script)
    history = [Turn("user", "honey"), Turn("assistant", "Cold Hives [1]"), Turn("user", "more")]
    first = await line.adviser.recall(history, line.find)
    again = await line.adviser.recall([*history, Turn("assistant", "Comb Notes [1]")], line.find)
    assert [text for text, _ in script.read_with] == ["honey", "more", "more"]
    assert again.exchanges[0].record == first.exchanges[0].record
    other = [Turn("user", "honey"), Turn("assistant", "Hive School [1]"), Turn("user", "more")]
    changed = await line.adviser.recall(other, line.find)
    assert changed.exchanges[0].record is not None
    assert changed.exchanges[0].record.items == ("hive-school",)


async def test_of_a_long_history_the_end_is_read_and_every_quote_counts(script: Script) -> None:
    line = Line(script)
    told = "Cold Hives shows how bees get through the winter. [1]"
    history = [Turn("user", "q"), Turn("assistant", told)]
    history += [Turn("user", f"m{n}") for n in range(20)]
    recalled = await line.adviser.recall(history, line.find)
    assert [text for text, _ in script.read_with] == [f"m{n}" for n in range(15, 20)]
    assert recalled.exchanges[0].record is not None
    assert recalled.exchanges[0].record.items == ("cold-hives",)
