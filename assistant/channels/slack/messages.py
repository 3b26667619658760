"""Every word that the bot itself says."""

from __future__ import annotations

from typing import Final

STATUS: Final = "is looking in the guide…"
LOADING: Final = ("Looking in the guide…", "Reading three sections…", "Checking what is still current…")

HELP: Final = (
    "Ask me how to start learning deep learning, in your own words, and tell me what you already know. "
    "Every sentence of an answer names its source."
)
HELP_COMMAND: Final = "Write `/learn-dl` and your question; the answer is for you alone until you share it."
EXAMPLES: Final = ("How do I start deep learning?", "What if I don't know the maths?", "Do I need a GPU?")
PROMPTS_TITLE: Final = "What would you like to know?"
PROMPTS: Final = (
    ("Where do I start?", "How do I start deep learning?"),
    ("I don't know the maths", "I don't know linear algebra. What should I do first?"),
    ("Do I need a GPU?", "Do I need a GPU to start?"),
    ("Make me a study plan", "Make me a study plan"),
)

BROKEN: Final = "Sorry, something went wrong here and I could not answer. Please ask me again."
CUT_SHORT: Final = (
    "Sorry, something went wrong here and the answer above is not complete. Please ask me again."
)
UNAVAILABLE: Final = "Sorry, I can't answer right now. Please try again in a few minutes."
SLOW: Final = "Sorry, this took too long and I gave up. Please ask me again in a minute."
TOO_LONG: Final = "That question is too long for me. Please ask it in at most 2000 characters."
NOT_KEPT: Final = "I no longer keep that answer, so I can't do this. Please ask the question again."
NO_PLAN: Final = "I could not make a plan from that. Please tell me your goal, and what you know already."
ANSWERED_ABOVE: Final = "This has been answered already, further down in the thread."
NO_ACCESS: Final = "I am not a member of that channel, so the answer is for you alone."
NOTHING_TO_ANSWER: Final = "That message has no words that I could answer."

SOURCES: Final = "Sources"
MORE_SOURCES: Final = "and {} more"
RELATED: Final = "Near your question in the guide:"
SUGGESTIONS: Final = "Ask next:"
ASKED: Final = "asked:"
SHARE: Final = "Share with the channel"
SHARED: Final = "Shared."
HELPFUL: Final = "Helpful"
NOT_HELPFUL: Final = "Not helpful"
HELPFUL_LABEL: Final = "Say that this answer helped"
NOT_HELPFUL_LABEL: Final = "Say that this answer did not help, and why"

REASON_TITLE: Final = "What went wrong?"
REASON_SEND: Final = "Send"
REASON_CANCEL: Final = "Cancel"
REASON_LABEL: Final = "Reason"
COMMENT_LABEL: Final = "Anything else?"
REASONS: Final = {
    "wrong": "It is wrong",
    "off_topic": "It does not answer my question",
    "outdated": "It is out of date",
    "source": "The source does not say that",
    "unclear": "It is hard to understand",
    "other": "Something else",
}

BADGES: Final = {
    "current": "✅ current",
    "updated": "🔄 updated",
    "moved": "➡️ moved",
    "archived": "📦 archived",
    "superseded": "⚠️ superseded",
    "discontinued": "⛔ discontinued",
}
SUCCESSOR: Final = "now"
ADDITION: Final = "added since"
