"""The shapes of the HTTP interface: what requests must be, and what the documentation says of answers.

Requests are checked against these; answers are built from the assistant's own types, which keep their own
promises, and are not checked again.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from assistant.types import MAX_QUESTION, Background, Goal, Outcome, Profile, Turn
from corpus.types import Kind, Level, Origin, Status

CONVERSATION_ID = r"^[A-Za-z0-9_.:-]{1,100}$"

Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=30)]
Question = Annotated[
    str,
    Field(min_length=1, max_length=MAX_QUESTION, pattern=r"\S", description="What somebody wants to know."),
]
ConversationId = Annotated[
    str, Field(pattern=CONVERSATION_ID, description="Continues a conversation that the service keeps.")
]
Hours = Annotated[float, Field(ge=0.1, le=168, allow_inf_nan=False)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class ProfileBody(_Request):
    """What the learner said about themselves. Everything may be left out."""

    goal: Annotated[list[Goal], Field(max_length=5)] = []
    background: Background | None = None
    can_program: StrictBool | None = None
    prefers: Words = []
    avoids: Words = []
    done: Words = []
    knows: Words = []
    hours_per_week: Hours | None = None
    level: Word | None = None
    budget: Word | None = None
    hardware: Word | None = None

    def to_profile(self) -> Profile:
        """The same as the assistant's own type."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self
        }
        return Profile(**values)


class TurnBody(_Request):
    """One message of a conversation that the client keeps."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=20_000)]


class AskRequest(_Request):
    """A question, and what came with it."""

    question: Question
    conversation_id: ConversationId | None = None
    history: Annotated[
        list[TurnBody],
        Field(max_length=100, description="The turns before, from a client that keeps them itself."),
    ] = []
    profile: ProfileBody | None = None
    stream: Annotated[StrictBool, Field(description="Answer as server-sent events.")] = False

    def turns(self) -> tuple[Turn, ...]:
        """The history as the assistant's own type."""
        return tuple(Turn(turn.role, turn.content) for turn in self.history)


class SearchRequest(_Request):
    """What to look for, and how many hits to give."""

    question: Question
    k: Annotated[int, Field(ge=1, le=50)] = 10


class PlanRequest(_Request):
    """For whom to make a plan. Everything may be left out."""

    goal: Annotated[Goal | list[Goal], Field(description="What to learn.")] = []
    background: Background | None = None
    prefer: Annotated[Word | Words, Field(description="reading, video, hands-on")] = []
    avoid: Annotated[Words, Field(description="Formats, maths, paid, names or ids.")] = []
    knows: Annotated[Words, Field(description="Subjects, names or ids.")] = []
    done: Annotated[Words, Field(description="Names or ids of what is finished.")] = []
    hours_per_week: Hours | None = None
    start: Annotated[date | None, Field(description="First day of the calendar; next Monday otherwise.")] = (
        None
    )
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


class PlanBody(BaseModel):
    """A study plan: no step stands before its prerequisites."""

    steps: list[StepBody]
    profile: ProfileOut
    text: str


class SectionBody(BaseModel):
    """A section of the guide."""

    id: str
    title: str
    prerequisites: list[str]


class GuideBody(BaseModel):
    """What the guide says of itself."""

    title: str


class SectionsBody(BaseModel):
    """The guide, and every section in its order."""

    guide: GuideBody
    sections: list[SectionBody]


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
