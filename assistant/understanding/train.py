"""`python -m assistant.understanding.train`: from the labelled dialogues to the reader's weights and figures.

First every author in turn is left out, which gives the figures and the bars of the labels; then all are learned from.
Seeded; a quarter of an hour on two cores. `--weights` skips the figures, and keeps the bars.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import os
import random
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from assistant.understanding import measure
from assistant.understanding.dataset import (
    CLOSED_MEASURED,
    FOLDER,
    MEASURED_ONLY,
    NO_STANCE,
    Example,
    read_examples,
)
from assistant.understanding.framing import Frame, frame
from assistant.understanding.grams import BUCKETS, Grams, cut
from assistant.understanding.graph import model_folder, read_tensors, tokenizer_bytes
from assistant.understanding.labels import CLOSED, LABELS, SAYS_RANGE, SIZES
from assistant.understanding.measure import FIGURES, Readings
from assistant.understanding.network import FROZEN, WIDTH, Batch, Lower, Network, as_bias
from assistant.understanding.reader import FRAME_WEIGHT, place_of
from assistant.understanding.reading import ACTS, KINDS
from assistant.understanding.weights import NETWORK, WORDS, read_words, write_weights, write_words

EPOCHS = 3
_SEED = 0
_ROWS = 32
_GROUPED = 20
_BODY_RATE, _HEAD_RATE = 2e-4, 2e-3
_DECAY = 0.01
_WARM = 0.1
_SMOOTH = 0.05
_SHARE = 0.5
"""Weight of the losses beside that of acts."""
_ASKED = 0.3
"""Share of the other messages that stand after a question back, which only `yesno_reply` always does."""
_STEPS = 100
_LINEAR_RATE = 0.15
_LINEAR_DECAY = 2e-5
_PROCESSES = 2
_REPLY = ACTS.index("yesno_reply")
_LINEAR_WIDTH = len(ACTS) + len(KINDS)


@dataclass(frozen=True)
class Prepared:
    """A message, ready for both models, after a question back and without one."""

    frames: tuple[Frame, Frame]
    grams: tuple[Grams, Grams]
    states: tuple[Tensor, Tensor]
    """What the lower layers make of the frames."""

    @classmethod
    def all_of(cls, examples: Sequence[Example]) -> list[Prepared]:
        """Prepare messages, in order."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(tokenizer_bytes().decode())
        lower = Lower(read_tensors(model_folder() / "model.safetensors"))
        pairs = [
            [
                dataclasses.replace(one.before, asked=asked)
                for asked in ("", "" if one.before.is_start else "yes")
            ]
            for one in examples
        ]
        frames = [
            tuple(frame(one.text, one.named, before, tokenizer) for before in pair)
            for one, pair in zip(examples, pairs, strict=True)
        ]
        grams = [
            tuple(cut(one.text, one.named, place_of(before)) for before in pair)
            for one, pair in zip(examples, pairs, strict=True)
        ]
        flat = [one for pair in frames for one in pair]
        states = _lower_states(lower, flat)
        return [
            cls(pair, own, (states[2 * n], states[2 * n + 1]))  # type: ignore[arg-type]
            for n, (pair, own) in enumerate(zip(frames, grams, strict=True))
        ]


def _lower_states(lower: Lower, frames: Sequence[Frame]) -> list[Tensor]:
    """States of frames, in order, computed by length."""
    states: dict[int, Tensor] = {}
    order = sorted(range(len(frames)), key=lambda n: len(frames[n].ids))
    with torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 2 * _ROWS):
            places = order[start : start + 2 * _ROWS]
            states.update(zip(places, lower([frames[n] for n in places]), strict=True))
    return [states[n] for n in range(len(frames))]


def collate(pairs: Sequence[tuple[Frame, Tensor]]) -> Batch:
    """Frames and their states side by side."""
    length = max(len(own.ids) for own, _ in pairs)
    states = torch.zeros(len(pairs), length, WIDTH, dtype=torch.bfloat16)
    channels = torch.zeros(len(pairs), length, dtype=torch.long)
    mask, own_mask = torch.zeros(len(pairs), length), torch.zeros(len(pairs), length)
    spans: list[tuple[int, int, int]] = []
    for row, (own, state) in enumerate(pairs):
        states[row, : len(own.ids)] = state
        channels[row, : len(own.ids)] = torch.tensor(own.channels)
        mask[row, : len(own.ids)] = 1
        own_mask[row, : own.own] = 1
        spans += [(row, start, max(end, 1)) for start, end in own.spans]
    return Batch(states, as_bias(mask), channels, own_mask, spans)


def _is_asked(one: Example, draws: random.Random) -> bool:
    return not one.before.is_start and (one.act == _REPLY or draws.random() < _ASKED)


def _loss(logits: dict[str, Tensor], examples: Sequence[Example]) -> Tensor:
    """Sum of the losses of what is known of each message."""
    weights = torch.tensor([one.weight for one in examples])
    total = torch.zeros(())
    for name, share in (("acts", 1.0), ("kinds", _SHARE)):
        places = [one.act if name == "acts" else one.kind for one in examples]
        known = torch.tensor([place is not None for place in places])
        right = torch.tensor([place or 0 for place in places])
        each = functional.cross_entropy(logits[name], right, label_smoothing=_SMOOTH, reduction="none")
        total = total + share * (each * known * weights).mean()
    right, known = _label_targets(examples)
    each = functional.binary_cross_entropy_with_logits(logits["labels"], right, reduction="none")
    total = total + _SHARE * (each * known).sum(1).mean()
    stances = torch.tensor([stance for one in examples for stance in one.stances], dtype=torch.long)
    counted = stances != NO_STANCE
    if counted.any():
        total = total + _SHARE * functional.cross_entropy(
            logits["stances"][counted], stances[counted], label_smoothing=_SMOOTH
        )
    return total


def _label_targets(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Which labels hold, and which of them are known to hold or not, (messages, labels)."""
    right, known = torch.zeros(len(examples), len(LABELS)), torch.zeros(len(examples), len(LABELS))
    closed = LABELS.index(CLOSED)
    for row, one in enumerate(examples):
        if one.labels is not None:
            known[row, SAYS_RANGE if one.says_only else slice(None)] = 1
            known[row, closed] = 0
            for label in one.labels:
                right[row, LABELS.index(label)] = 1
        if one.closed is not None:
            known[row, closed] = 1
            right[row, closed] = float(one.closed)
    return right, known


def train_network(
    examples: Sequence[Example], prepared: Sequence[Prepared], epochs: int = EPOCHS, seed: int = _SEED
) -> Network:
    """Tune the upper layers and learn the heads."""
    torch.manual_seed(seed)
    draws = random.Random(seed)  # noqa: S311
    network = Network(read_tensors(model_folder() / "model.safetensors"))
    body = [tensor for name, tensor in network.named_parameters() if name.startswith("layers")]
    heads = [tensor for name, tensor in network.named_parameters() if not name.startswith("layers")]
    groups = [{"params": heads, "lr": _HEAD_RATE}, {"params": body, "lr": _BODY_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=_DECAY)
    steps = epochs * -(-len(examples) // _ROWS) + epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [_HEAD_RATE, _BODY_RATE], total_steps=steps, pct_start=_WARM
    )
    for _ in range(epochs):
        network.train()
        for places in _batches(prepared, draws):
            chosen = [examples[n] for n in places]
            asked = [_is_asked(one, draws) for one in chosen]
            batch = collate(
                [
                    (prepared[n].frames[after], prepared[n].states[after])
                    for n, after in zip(places, asked, strict=True)
                ]
            )
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(batch)
            loss = _loss(logits, chosen)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return network.eval()


def _batches(prepared: Sequence[Prepared], draws: random.Random) -> list[list[int]]:
    """Places of messages, in groups of similar length, in random order."""
    order = list(range(len(prepared)))
    draws.shuffle(order)
    size = _ROWS * _GROUPED
    batches = []
    for start in range(0, len(order), size):
        near = sorted(order[start : start + size], key=lambda n: len(prepared[n].frames[0].ids))
        batches += [near[first : first + _ROWS] for first in range(0, len(near), _ROWS)]
    draws.shuffle(batches)
    return batches


@dataclass(frozen=True)
class Linear:
    """The linear model over hashed pieces of words."""

    weights: NDArray[np.float32]
    """(buckets, acts and kinds)."""
    bias: NDArray[np.float32]

    def logits(self, rows: Tensor) -> NDArray[np.float32]:
        """(messages, acts and kinds)."""
        product: NDArray[np.float32] = (rows @ torch.tensor(self.weights)).numpy()
        return product + self.bias


def as_rows(grams: Sequence[Grams]) -> Tensor:
    """Features as a sparse matrix, (messages, buckets)."""
    starts, columns, values = [0], list[int](), list[float]()
    for one in grams:
        summed: dict[int, float] = {}
        for features, weight in ((one.pieces, (len(one.pieces) + 1) ** -0.5), (one.frame, FRAME_WEIGHT)):
            for bucket, sign in features:
                summed[bucket] = summed.get(bucket, 0.0) + sign * weight
        for bucket in sorted(summed):
            columns.append(bucket)
            values.append(summed[bucket])
        starts.append(len(columns))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Compressed rows are called a beta; they are three times as fast.
        return torch.sparse_csr_tensor(
            torch.tensor(starts), torch.tensor(columns), torch.tensor(values), (len(grams), BUCKETS)
        )


def train_linear(examples: Sequence[Example], grams: Sequence[Grams]) -> Linear:
    """Fit acts and kinds by full batches; rare features count more, those seen once not at all."""
    counts = np.bincount(
        [bucket for one in grams for bucket, _ in (*one.pieces, *one.frame)], minlength=BUCKETS
    )
    rarity = np.log((len(grams) + 1) / (counts + 1)).clip(0.3, 6) * (counts >= 2) / 3
    scale = torch.tensor(rarity, dtype=torch.float32)[:, None]
    rows = as_rows(grams)
    turned = rows.to_sparse_coo().t().coalesce().to_sparse_csr()  # type: ignore[no-untyped-call]
    acts = _one_hot([one.act for one in examples], len(ACTS))
    kinds = _one_hot([one.kind for one in examples], len(KINDS))
    share = torch.tensor([[one.weight] for one in examples]) / len(examples)
    weights = torch.zeros(BUCKETS, _LINEAR_WIDTH)
    bias, first, second = torch.zeros(_LINEAR_WIDTH), torch.zeros_like(weights), torch.zeros_like(weights)
    for step in range(_STEPS):
        logits = rows @ (scale * weights) + bias
        wrong = torch.cat(
            [logits[:, : len(ACTS)].softmax(1) - acts, logits[:, len(ACTS) :].softmax(1) - kinds], 1
        )
        gradient = scale * (turned @ (wrong * share)) + _LINEAR_DECAY * weights
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient.square()
        rate = _LINEAR_RATE * min(1, (step + 1) / 5) * (1 - step / _STEPS)
        mean, spread = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.99 ** (step + 1))
        weights -= rate * mean / (spread.sqrt() + 1e-8)
        bias -= 0.5 * (wrong * share).sum(0) * (1 - step / _STEPS)
    return Linear((scale * weights).numpy(), bias.numpy())


def _one_hot(places: Sequence[int | None], width: int) -> Tensor:
    return functional.one_hot(torch.tensor([place or 0 for place in places]), width).float()


@torch.no_grad()
def read_with(
    network: Network, linear: Linear, examples: Sequence[Example], prepared: Sequence[Prepared]
) -> Readings:
    """What both models read, as the answering reader would."""
    draws = random.Random(_SEED + 1)  # noqa: S311
    asked = [_is_asked(one, draws) for one in examples]
    outputs: dict[str, list[NDArray[Any]]] = {name: [] for name in SIZES}
    with torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(examples), 2 * _ROWS):
            part = range(start, min(start + 2 * _ROWS, len(examples)))
            batch = collate([(prepared[n].frames[asked[n]], prepared[n].states[asked[n]]) for n in part])
            for name, values in network(batch).items():
                outputs[name].append(values.float().numpy())
    whole = {name: np.concatenate(values) for name, values in outputs.items()}
    words = linear.logits(as_rows([own.grams[after] for own, after in zip(prepared, asked, strict=True)]))
    return Readings(
        examples,
        measure.mix(whole["acts"], words[:, : len(ACTS)]),
        measure.mix(whole["kinds"], words[:, len(ACTS) :]),
        1 / (1 + np.exp(-whole["labels"].astype(float))),
        whole["stances"],
    )


def _trained_on(examples: Sequence[Example], left_out: Sequence[str]) -> list[int]:
    return [
        n for n, one in enumerate(examples) if one.author not in (*left_out, MEASURED_ONLY, CLOSED_MEASURED)
    ]


def train_on(
    examples: Sequence[Example], prepared: Sequence[Prepared], places: Sequence[int], epochs: int
) -> tuple[Network, Linear]:
    """Both models from the messages at these places."""
    network = train_network([examples[n] for n in places], [prepared[n] for n in places], epochs)
    known = [n for n in places if examples[n].act is not None]
    draws = random.Random(_SEED)  # noqa: S311
    linear = train_linear(
        [examples[n] for n in known], [prepared[n].grams[_is_asked(examples[n], draws)] for n in known]
    )
    return network, linear


Shared = tuple[Sequence[Example], Sequence[Prepared]]
Learned = tuple[dict[str, NDArray[np.float32]], Linear]
_shared: list[Shared] = []
"""What forked processes inherit: too large to be sent."""


def _learn(left_out: Sequence[str], epochs: int) -> tuple[list[Readings], Learned | None]:
    """Readings of authors by models that have not seen them; with none left out, the models themselves."""
    torch.set_num_threads(1)
    examples, prepared = _shared[0]
    network, linear = train_on(examples, prepared, _trained_on(examples, left_out), epochs)
    readings = []
    for author in left_out:
        places = [n for n, one in enumerate(examples) if one.author == author]
        readings.append(
            read_with(network, linear, [examples[n] for n in places], [prepared[n] for n in places])
        )
        if author != CLOSED_MEASURED:
            print(author, measure.figures(readings[-1], measure.even_bars()), flush=True)
    return readings, None if left_out else (network.export(), linear)


def list_folds(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """Authors to leave out together: two of the built-in guide's, and an invented guide while there is one."""
    authors = list(dict.fromkeys(one.author for one in examples))
    ours = [name for name in authors if (FOLDER / "dialogues" / f"{name}.jsonl").exists()]
    others = [name for name in authors if (FOLDER / "guides" / name).is_dir()] + [CLOSED_MEASURED]
    folds = [tuple(ours[n : n + 2]) for n in range(0, len(ours), 2)]
    return [(*fold, *others[n :: len(folds)]) for n, fold in enumerate(folds)]


def learn_all(
    examples: Sequence[Example], prepared: Sequence[Prepared], epochs: int, measured: bool
) -> tuple[list[Readings], Learned]:
    """Readings of every author by models that have not seen it, and the models from all; two trainings at a time."""
    _shared[:] = [(examples, prepared)]
    jobs: list[tuple[str, ...]] = [*(list_folds(examples) if measured else ()), ()]
    with multiprocessing.get_context("fork").Pool(_PROCESSES, maxtasksperchild=1) as pool:
        done = pool.map(partial(_learn, epochs=epochs), jobs, chunksize=1)
    learned = done[-1][1]
    assert learned is not None
    return [own for readings, _ in done for own in readings], learned


def main() -> None:
    """Train, and write weights and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", action="store_true", help="write the weights, no figures")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--folds", type=Path, help="folder for the readings of left-out authors")
    given = parser.parse_args()
    torch.set_num_threads(1)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    started = time.monotonic()
    examples = read_examples()
    prepared = Prepared.all_of(examples)
    print(f"{len(examples)} messages after {time.monotonic() - started:.0f} s", flush=True)
    readings, (network, linear) = learn_all(examples, prepared, given.epochs, not given.weights)
    if given.weights:
        bars = read_words().bars
    else:
        bars = measure.choose_bars(readings)
        FIGURES.write_text(json.dumps(measure.report(readings), indent=1) + "\n", "utf-8")
        if given.folds:
            measure.write_readings(readings, given.folds)
    write_weights(NETWORK, network, FROZEN)
    write_words(WORDS, linear.weights, linear.bias, bars)
    print(f"written after {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
