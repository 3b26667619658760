"""What plain retrieval reaches on the same questions: BM25 alone, and the encoder alone, on plain chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assistant.evaluation.figures import Figures, mean_values
from assistant.evaluation.questions import Question
from assistant.evaluation.run import DEPTH, ranking_values
from index.encoder import Encoder
from index.types import Chunk, Hit

Scorer = Callable[[str], np.ndarray]


def measure_baselines(
    chunks: Sequence[Chunk], encoder: Encoder, questions: Sequence[Question]
) -> dict[str, Figures]:
    """Retrieval figures of both baselines, by their name. A chunk is its title and text; nothing is learned."""
    texts = [f"{chunk.title}. {chunk.text}" for chunk in chunks]
    scorers = {"BM25 alone": score_bm25(texts), f"{encoder.id} encoder alone": score_encoder(texts, encoder)}
    return {
        name: mean_values(
            [
                ranking_values(question.expected, _rank(chunks, scorer(question.text)))
                for question in questions
            ]
        )
        for name, scorer in scorers.items()
    }


def score_bm25(texts: Sequence[str]) -> Scorer:
    """Scores (n,) of the texts for a question, by BM25 over lower-case words without English stop words."""
    import bm25s

    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False)

    def score(question: str) -> np.ndarray:
        words = bm25s.tokenize([question], stopwords="en", return_ids=False, show_progress=False)[0]
        known = [word for word in words if word in engine.vocab_dict]
        return engine.get_scores(known) if known else np.zeros(len(texts), dtype=np.float32)

    return score


def score_encoder(texts: Sequence[str], encoder: Encoder) -> Scorer:
    """Scores (n,) of the texts for a question, by the cosine of their vectors."""
    rows = encoder.encode_passages(texts)
    return lambda question: rows @ encoder.encode_queries([question])[0]


def _rank(chunks: Sequence[Chunk], scores: np.ndarray) -> list[Hit]:
    best = np.argsort(-scores, kind="stable")[:DEPTH]
    return [Hit(chunks[n], float(scores[n]), "lexical") for n in best]
