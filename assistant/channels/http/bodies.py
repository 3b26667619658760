"""The shapes of the HTTP interface: what requests must be, and what the documentation says of answers.

Requests are checked against these; answers are built from the assistant's own types, which keep their own
promises, and are not checked again.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, field_validator

from assistant.plan.calendar import FIRST_DAY, LAST_DAY
from assistant.service import Ask
from assistant.types import MAX_QUESTION, Background, Outcome, Profile, Turn
from corpus.facts import FactName
from corpus.types import Kind, Level, Origin, Status

CONVERSATION_ID = r"^[A-Za-z0-9_.:-]{1,100}$"

Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=30)]
Question = Annotated[
    str,
    Field(min_length=1, max_length=MAX_QUESTION, pattern=r"\S", description="What somebody wants to know."),
]
ConversationId = Annotated[
    Annotated[str, Field(pattern=CONVERSATION_ID)] | None,
    Field(description="Continues a conversation that the service keeps."),
]


def _refuse_boolean(value: Any) -> Any:
    """A number as it came; `true` is none, though Python counts it as 1."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


NotBoolean = BeforeValidator(_refuse_boolean)
Hours = Annotated[
    Annotated[float, Field(ge=0.1, le=168, allow_inf_nan=False), NotBoolean] | None,
    Field(description="Hours a week that the learner has."),
]
Known = Annotated[Background | None, Field(description="What the learner brings.")]
Day = Annotated[
    Annotated[
        date,
        Field(ge=FIRST_DAY, le=LAST_DAY, json_schema_extra={"pattern": "^2[0-9]{3}-"}),
    ]
    | None,
    Field(description="First day of the calendar, 2000 to 2999; next Monday otherwise."),
]


GOALS = "What to learn: ids of goals of the guide, as `GET /v1/sections` lists them, or `general`."
GoalId = Annotated[
    str, Field(min_length=1, max_length=100, description="Id of a goal of the guide, or `general`.")
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class ProfileBody(_Request):
    """What the learner said about themselves. Everything may be left out."""

    goal: Annotated[list[GoalId], Field(max_length=30, description=GOALS)] = []
    background: Known = None
    can_program: Annotated[StrictBool | None, Field(description="Whether the learner can program.")] = None
    prefers: Annotated[Words, Field(description="reading, video, hands-on, free, short")] = []
    avoids: Annotated[
        Words, Field(description="Formats, words or resource ids that the learner refuses.")
    ] = []
    done: Annotated[Words, Field(description="Ids of resources that the learner has finished.")] = []
    knows: Annotated[Words, Field(description="Ids of sections or resources that the learner knows.")] = []
    hours_per_week: Hours = None
    level: Annotated[Word | None, Field(description="beginner, intermediate, advanced")] = None
    budget: Annotated[Word | None, Field(description="free, low, any")] = None
    hardware: Annotated[Word | None, Field(description="none, laptop, gpu, cloud, mac, amd")] = None
    lacks: Annotated[Words, Field(description="Ids of subjects that the learner does not know.")] = []
    doing: Annotated[Words, Field(description="Ids of resources that the learner is in the middle of.")] = []

    def to_profile(self) -> Profile:
        """The same as the assistant's own type."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self
        }
        return Profile(**values)


class TurnBody(_Request):
    """One message of a conversation that the client keeps."""

    role: Annotated[Literal["user", "assistant"], Field(description="Who said it.")]
    content: Annotated[str, Field(max_length=20_000, description="What was said.")]


class Inquiry(_Request):
    """A question, and what came with it."""

    question: Question
    conversation_id: ConversationId = None
    history: Annotated[
        list[TurnBody],
        Field(max_length=100, description="The turns before, from a client that keeps them itself."),
    ] = []
    profile: Annotated[ProfileBody | None, Field(description="What is known of the learner.")] = None
    standalone: Annotated[
        StrictBool,
        Field(description="The question is complete: the profile counts, the turns before do not."),
    ] = False

    def to_ask(self, channel: str, owner: str) -> Ask:
        """The same as the assistant's own type; `owner`: who asks."""
        return Ask(
            question=self.question,
            conversation_id=self.conversation_id,
            history=self.turns(),
            profile=self.profile.to_profile() if self.profile else None,
            channel=channel,
            owner=owner,
            standalone=self.standalone,
        )

    def turns(self) -> tuple[Turn, ...]:
        """The history as the assistant's own type."""
        return tuple(Turn(turn.role, turn.content) for turn in self.history)


class AskRequest(Inquiry):
    """A question, what came with it, and how to answer."""

    stream: Annotated[StrictBool, Field(description="Answer as server-sent events.")] = False


class SearchRequest(_Request):
    """What to look for, and how many hits to give."""

    question: Question
    k: Annotated[int, Field(ge=1, le=50, description="How many hits to give."), NotBoolean] = 10


class PlanRequest(_Request):
    """For whom to make a plan. Everything may be left out."""

    goal: Annotated[GoalId | list[GoalId], Field(description=GOALS)] = []
    background: Known = None
    prefer: Annotated[Word | Words, Field(description="reading, video, hands-on, free, short")] = []
    avoid: Annotated[Words, Field(description="Formats, maths, paid, names or ids.")] = []
    knows: Annotated[Words, Field(description="Subjects, names or ids.")] = []
    done: Annotated[Words, Field(description="Names or ids of what is finished.")] = []
    hours_per_week: Hours = None
    start: Day = None
    profile: Annotated[
        ProfileBody | None, Field(description="What else is known; the fields above add to it.")
    ] = None
    format: Annotated[
        Literal["json", "markdown", "svg", "ics"] | None,
        Field(description="Stronger than the Accept header."),
    ] = None

    @field_validator("goal", "prefer")
    @classmethod
    def as_list(cls, value: str | list[str]) -> list[str]:
        """One of them may come without its list."""
        return [value] if isinstance(value, str) else value

    def wishes(self) -> Profile:
        """What was given for this plan alone; its words must name something."""
        return Profile(
            prefers=tuple(self.prefer),
            avoids=tuple(self.avoid),
            knows=tuple(self.knows),
            done=tuple(self.done),
        )

    def to_profile(self) -> Profile:
        """Whom the plan is for."""
        known = self.profile.to_profile() if self.profile else Profile()
        return Profile(
            goal=tuple(dict.fromkeys((*self.goal, *known.goal))),
            background=self.background or known.background,
            can_program=known.can_program,
            prefers=tuple(dict.fromkeys((*self.prefer, *known.prefers))),
            avoids=(*self.avoid, *known.avoids),
            done=(*self.done, *known.done),
            knows=(*self.knows, *known.knows),
            hours_per_week=self.hours_per_week or known.hours_per_week,
            level=known.level,
            budget=known.budget,
            hardware=known.hardware,
            lacks=known.lacks,
            doing=known.doing,
        )


class FeedbackRequest(_Request):
    """A vote on an answer; the last one wins."""

    answer_id: Annotated[str, Field(pattern=CONVERSATION_ID)]
    value: Literal["up", "down"]
    reason: Annotated[str, Field(max_length=200)] | None = None
    comment: Annotated[str, Field(max_length=2000)] | None = None


class FeedbackBody(BaseModel):
    """What was kept."""

    answer_id: str
    value: Literal["up", "down"]


class PlaceBody(BaseModel):
    """A title and what to open."""

    title: str
    url: str


class CitationBody(BaseModel):
    """The source of a sentence."""

    number: Annotated[int, Field(description="n of the marker [n], from 1.")]
    chunk_id: str
    kind: Literal["guide", "resource", "addition"]
    section: str | None
    resource: Annotated[str | None, Field(description="Id of what the quote recommends or describes.")]
    resources: Annotated[list[str], Field(description="Ids of all resources that it names.")]
    title: str
    url: Annotated[str | None, Field(description="What a reader should open.")]
    quote: Annotated[str, Field(description="The exact words of the corpus that carry the sentence.")]
    status: Status | None
    status_note: str | None
    successor: PlaceBody | None
    origin: Annotated[Origin, Field(description="Of the resource; of the sentence where it names none.")]


class RelatedBody(BaseModel):
    """A section or resource near the question that is not cited."""

    id: str
    kind: Literal["section", "resource"]
    title: str
    url: str | None


class ClarificationBody(BaseModel):
    """The one question that is asked back."""

    text: str
    options: list[str]


class ProfileOut(BaseModel):
    """What the learner said about themselves so far."""

    goal: list[str]
    background: Background | None
    can_program: bool | None
    prefers: list[str]
    avoids: list[str]
    done: list[str]
    knows: list[str]
    hours_per_week: float | None
    level: str | None
    budget: str | None
    hardware: str | None
    lacks: list[str]
    doing: list[str]


class AnswerBody(BaseModel):
    """An answer with the proof of every sentence."""

    id: Annotated[str, Field(description="`ans_…`: what feedback is about.")]
    conversation_id: Annotated[str, Field(description="Send it with the next question of the conversation.")]
    outcome: Outcome
    text: Annotated[str, Field(description="Markdown; every factual sentence ends with its markers.")]
    citations: list[CitationBody]
    related: list[RelatedBody]
    clarifying_question: ClarificationBody | None
    suggestions: list[str]
    profile: ProfileOut
    gaps: Annotated[list[str], Field(description="Parts of the question that the guide does not answer.")]
    confidence: Annotated[float, Field(ge=0, le=1)]
    generator: str
    timings_ms: dict[str, float]


class HitBody(BaseModel):
    """One chunk that was found."""

    chunk_id: str
    section: str | None
    resource: str | None
    kind: Literal["guide", "resource", "addition"]
    title: str
    url: str | None
    text: str
    view: str
    score: float


class SearchBody(BaseModel):
    """What was found, best first."""

    hits: list[HitBody]
    confidence: float
    timings_ms: dict[str, float]


class StepBody(BaseModel):
    """One step of a plan."""

    number: int
    section: str
    resource: str | None
    title: str
    why: str
    url: str | None
    status: Status | None
    successor: PlaceBody | None
    prerequisites: list[str]
    effort: str | None
    citations: list[CitationBody]
    optional: Annotated[bool, Field(description="Whether the plan holds without it.")]
    hours: Annotated[float | None, Field(description="The most hours that the corpus states.")]
    estimate: Annotated[float | None, Field(description="Hours, where none are stated.")]
    basis: Annotated[str | None, Field(description="What the estimate is made of.")]
    cost: Annotated[str | None, Field(description="What it costs, as the corpus states it.")]
    doing: Annotated[bool, Field(description="Whether the learner is taking it now.")]
    instead_of: Annotated[PlaceBody | None, Field(description="The guide's pick whose place it has taken.")]


class OtherWayBody(BaseModel):
    """The way through the guide that a plan did not take."""

    name: Annotated[str, Field(description="What it begins with: `building first`.")]
    citation: CitationBody


class PlanBody(BaseModel):
    """A study plan: no step stands before its prerequisites."""

    steps: list[StepBody]
    profile: ProfileOut
    text: str
    other: OtherWayBody | None


class SectionBody(BaseModel):
    """A section of the guide."""

    id: str
    title: str
    prerequisites: list[str]


class ChoiceBody(BaseModel):
    """Something that a learner can choose in a plan."""

    id: str
    label: str


class GuideBody(BaseModel):
    """What the guide says of itself."""

    title: str
    subject: Annotated[str, Field(description="What it teaches, as words inside a sentence.")]
    language: Annotated[str, Field(description="BCP 47 tag of its texts.")]
    starters: Annotated[list[str], Field(description="First questions to offer.")]
    goals: list[ChoiceBody]
    backgrounds: list[ChoiceBody]


class SectionsBody(BaseModel):
    """The guide, and every section in its order."""

    guide: GuideBody
    sections: list[SectionBody]


class FactBody(BaseModel):
    """One fact of a resource, as a value."""

    name: FactName
    value: Annotated[
        float | bool | str | list[float] | list[str],
        Field(description="A number or a range, a list of programming languages, true or false, or a word."),
    ]
    words: Annotated[str, Field(description="The words of the description that carry it.")]


class ResourceBody(BaseModel):
    """A course, book, post or tool."""

    id: str
    title: str
    short: str
    url: str
    current_url: str
    kind: Kind
    authors: list[str]
    organisation: str | None
    section: str
    origin: Origin
    level: Level
    prerequisites: list[str]
    topics: list[str]
    format: list[str]
    length: str | None
    cost: str | None
    status: Status
    status_note: str | None
    status_checked: str | None
    successor: PlaceBody | None
    facts: list[FactBody]


class ResourcesBody(BaseModel):
    """Every resource, in the order of the sections."""

    resources: list[ResourceBody]


class ExchangeBody(BaseModel):
    """A question and its answer."""

    question: str
    answer_id: str
    outcome: Outcome
    text: str
    citations: list[CitationBody]
    clarified: bool
    suggestions: list[str]


class ConversationBody(BaseModel):
    """What is kept of a conversation."""

    id: str
    profile: ProfileOut
    exchanges: list[ExchangeBody]


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemBody(BaseModel):
    """A failure, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | None
    errors: list[FieldError] = []
    reason: Annotated[
        Literal["loading", "stopping", "overloaded", "timeout", "unavailable"] | None,
        Field(description="Of a 503: why, for programs."),
    ] = None


class HealthBody(BaseModel):
    """The process is up."""

    status: Literal["ok"]


class ReadyBody(BaseModel):
    """The service is ready for questions."""

    status: Literal["ready"]
    device: str
    encoder: str
    built_at: str
    chunks: int
