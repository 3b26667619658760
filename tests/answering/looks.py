"""Searches made up for tests: what they say of each resource."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assistant.dialogue.look import SCOPES, Look
from corpus import Corpus


def make_look(
    corpus: Corpus, likely: Mapping[str, float] | None = None, scope: str = "covered", best: float = 0.6
) -> Look:
    """A search that finds these resources, all others unlikely; `scope`: what it takes the message for."""
    count = len(corpus.resources)
    shares = np.full(count, 0.1 / max(count, 1), dtype=np.float32)
    sections = np.full(len(corpus.sections), 0.1 / len(corpus.sections), dtype=np.float32)
    place = {section.id: n for n, section in enumerate(corpus.sections)}
    texts = np.full(count, 0.1, dtype=np.float32)
    for n, resource in enumerate(corpus.resources):
        share = (likely or {}).get(resource.id, 0.0)
        shares[n] += share
        sections[place[resource.section]] += share
        texts[n] += share * best
    kinds = np.array([0.9 if kind == scope else 0.025 for kind in SCOPES], dtype=np.float32)
    return Look(
        shares / max(float(shares.sum()), 1e-9),
        sections / sections.sum(),
        texts,
        texts,
        kinds,
        kinds * best,
        best if scope == "covered" else best / 3,
        np.zeros(count, dtype=np.float32),
    )
