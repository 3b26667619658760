"""What a message is taken for in its conversation."""

from __future__ import annotations

from assistant.dialogue.state import State
from assistant.understanding.reading import Act, Aspect, Reading

_NEED_A_TURN: frozenset[Act] = frozenset({"another", "more", "yesno_reply", "object"})
"""Acts that nobody begins with."""
_CHANGE_A_PLAN: frozenset[Act] = frozenset({"tell", "another", "object", "yesno_reply"})
"""Acts that, after a plan, ask for the plan anew."""
_ELLIPTIC = 4
"""Words of a message that leaves out what is asked, at most: `and the other one?`"""


def settle_act(reading: Reading, state: State) -> Act:
    """The likeliest act that the conversation allows.

    Whether something is outside of the guide can't be read from a message: the scope decides it.
    """
    barred = {"outside"} if state.turns else {"outside", *_NEED_A_TURN}
    shares = {act: share for act, share in reading.acts.items() if act not in barred}
    act = max(shares, key=shares.__getitem__, default=reading.act)
    last = state.last
    return "plan" if last and last.act == "plan" and last.items and act in _CHANGE_A_PLAN else act


def settle_aspects(reading: Reading, state: State) -> tuple[Aspect, ...]:
    """What is asked of it; `and the other one?` asks what was asked before."""
    is_elliptic = (
        reading.act == "about" and reading.mentions and len(reading.text.split()) <= _ELLIPTIC and state.last
    )
    return state.last.aspects if is_elliptic and not reading.aspects and state.last else reading.aspects
