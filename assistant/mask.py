"""What could tell who somebody is, taken out of a text before it is kept."""

from __future__ import annotations

import re

_KEY_PREFIXES = "sk|pk|rk|ghp|gho|ghs|github_pat|glpat|hf|xox[abeoprs]|xapp|AKIA|AIza|ya29|npm|pypi"
_TELLING_WORDS = "bearer|token|password|passwd|pwd|secret|api[ _-]?key"
_CALLED = (
    "my name is|my name's|i am called|i'm called|call me|je m'appelle|me llamo|mein name ist|ich hei(?:ß|ss)e"
)
_NAME = "[A-ZÀ-Þ][a-zà-ÿ'’-]+"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # Keys and tokens: a known prefix, a signed token, what follows a telling word, a long mixed run.
    (re.compile(rf"\b(?:{_KEY_PREFIXES})[-_]?[\w.-]{{10,}}"), "[key]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), "[key]"),
    (re.compile(rf"(?i)\b({_TELLING_WORDS})(\s*(?:is|[:=])\s*|\s+)(?=\S*[\d_!@#$%])\S{{6,}}"), r"\1\2[key]"),
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_]{28,}\b"), "[key]"),
    # Telephone numbers: at least nine digits, with the marks that people put between them.
    (re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]{0,2}\d){8,14}(?![\w])"), "[phone]"),
    (re.compile(rf"\b((?i:{_CALLED}))\s+[\w'’-]+(?:\s+{_NAME}){{0,2}}"), r"\1 [name]"),
    (re.compile(rf"\b((?:[iI] am|[iI]'m|[tT]his is))\s+{_NAME}(?:\s+{_NAME})+"), r"\1 [name]"),
)


def mask(text: str) -> str:
    """The text with e-mail addresses, telephone numbers, keys, tokens and stated names replaced.

    A name is known only where somebody says that it is one; nothing else can be told from a word.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
