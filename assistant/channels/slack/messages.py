"""Every word that the bot itself says."""

from __future__ import annotations

from typing import Final

STATUS: Final = "is looking in the guide…"
LOADING: Final = ("Looking in the guide…", "Reading three sections…", "Checking what is still current…")

HELP: Final = (
    "Ask me about {subject}, in your own words, and tell me what you already know. "
    "Every sentence of an answer names its source."
)
HELP_COMMAND: Final = "Write `/learn-dl` and your question; the answer is for you alone until you share it."
PROMPTS_TITLE: Final = "What would you like to know?"
PLAN_PROMPT: Final = "Make me a study plan"

BROKEN: Final = "Sorry, something went wrong here and I could not answer. Please ask me again."
CUT_SHORT: Final = (
    "Sorry, something went wrong here and the answer above is not complete. Please ask me again."
)
UNAVAILABLE: Final = "Sorry, I can't answer right now. Please try again in a few minutes."
SLOW: Final = "Sorry, this took too long and I gave up. Please ask me again in a minute."
TOO_LONG: Final = "That question is too long for me. Please ask it in at most 2000 characters."
NOT_INSTALLED: Final = (
    "I am not installed in this workspace any more. Please ask an admin to install me again."
)
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
CANCEL: Final = "Cancel"
REASON_LABEL: Final = "Reason"
COMMENT_LABEL: Final = "Anything else?"

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

PLAN_TITLE: Final = "Your study plan"
PLAN_MAKE: Final = "Make my plan"
PLAN_READY: Final = "Your study plan, step by step"
NOTHING_LEFT: Final = "Nothing is left to learn here: you know what the guide would recommend."
ROADMAP: Final = "Study plan, as a picture"
FULL_PLAN: Final = "Study plan, the full text"
OPTIONAL: Final = "optional"
AFTER: Final = "after step"
GOAL_LABEL: Final = "What do you want to do?"
BACKGROUND_LABEL: Final = "What do you bring?"
PREFERS_LABEL: Final = "How do you like to learn?"
HOURS_LABEL: Final = "Hours a week"
PREFERENCES: Final = {"reading": "Reading", "video": "Videos", "hands-on": "Exercises and code"}

HOME_ASK: Final = "How to ask"
HOME_HOW: Final = (
    "• Write to me in the *Messages* tab.\n"
    "• Mention me in a channel: I answer in the thread.\n"
    "• `/learn-dl` and your question: only you see the answer, until you share it. `/learn-dl plan` makes a plan.\n"
    "• On any message, *More actions* → *Answer this message*.\n"
    "Say what you know already, what you want to do and how you like to learn; I answer for you."
)
HOME_PLAN: Final = "My plan"
HOME_NO_PLAN: Final = (
    "Tell me your goal and what you bring, and I put the guide's resources in order for you."
)
HOME_MAKE_PLAN: Final = "Make my plan"
HOME_CHANGE_PLAN: Final = "Make another plan"
HOME_FEEDBACK: Final = "My feedback"
HOME_NO_FEEDBACK: Final = "You have not voted on an answer yet. The thumbs under each answer are for that."
HOME_DATA: Final = "My data"
HOME_KEPT: Final = "Conversations with you that I keep: {}. Names, addresses and numbers in them are masked."
HOME_KEPT_DAYS: Final = "Each is deleted {} days after its last message."
HOME_KEPT_EVER: Final = "They are kept until you delete them."
HOME_DELETE: Final = "Delete my data"
HOME_DELETE_SURE: Final = (
    "This deletes your votes, your plan, and every conversation you took part in, threads with others "
    "included. Messages in Slack stay."
)
HOME_DELETE_YES: Final = "Delete"
HOME_DOWN: Final = "What I keep for you can't be read right now. Please come back later."
HOME_FOOT: Final = (
    "Every sentence of an answer names its source, and says whether that source is still current."
)
