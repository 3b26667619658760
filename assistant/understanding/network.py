"""The network in torch, for training: the same as `graph` builds for answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.understanding.framing import Frame
from assistant.understanding.graph import HEADS, LAYERS
from assistant.understanding.labels import LABELS, SIZES, slot_of, value_of

FROZEN = 3
"""Lower layers that stay as they are: what they make of a message is computed once."""
WIDTH = 384
_CHANNELS = 6
_DROPPED = 0.1
_MASKED = -1e9
_RARE = -3.0
_SMALL = 0.02
_PREFIX = "encoder.layer."
Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Batch:
    """Messages side by side."""

    states: Tensor
    """What the lower layers make of their tokens, (messages, tokens, width)."""
    bias: Tensor
    """What is added to attention: nothing for a token, much less than nothing for none, (messages, 1, 1, tokens)."""
    channels: Tensor
    """What each token names, (messages, tokens)."""
    own: Tensor
    """1 for the message's own tokens, (messages, tokens)."""
    spans: Sequence[tuple[int, int, int]]
    """Message, first token and past the last one of each thing named."""


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, tensors: Tensors, place: int) -> None:
        super().__init__()
        parts = {
            name: f"{_PREFIX}{place}.{path}"
            for name, path in (
                ("query", "attention.self.query"),
                ("key", "attention.self.key"),
                ("value", "attention.self.value"),
                ("mixed", "attention.output.dense"),
                ("inner", "intermediate.dense"),
                ("outer", "output.dense"),
            )
        }
        self.paths = parts
        self.norms = {
            "mixed_norm": f"{_PREFIX}{place}.attention.output.LayerNorm",
            "outer_norm": f"{_PREFIX}{place}.output.LayerNorm",
        }
        self.linear = nn.ModuleDict({name: _linear(tensors, path) for name, path in parts.items()})
        self.norm = nn.ModuleDict({name: _norm(tensors, path) for name, path in self.norms.items()})
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """(messages, tokens, width) -> the same shape."""
        heads = [
            self.linear[name](x).unflatten(2, (HEADS, -1)).transpose(1, 2)
            for name in ("query", "key", "value")
        ]
        # Not torch's fused attention: on a processor its backward pass takes four times as long in 16 bits.
        scores = (heads[0] @ heads[1].transpose(2, 3)).float() * heads[0].shape[-1] ** -0.5 + bias
        means = scores.softmax(-1).to(heads[2].dtype) @ heads[2]
        x = self.norm["mixed_norm"](x + self.drop(self.linear["mixed"](means.transpose(1, 2).flatten(2))))
        inner = functional.gelu(self.linear["inner"](x))
        normed: Tensor = self.norm["outer_norm"](x + self.drop(self.linear["outer"](inner)))
        return normed

    def export(self) -> dict[str, NDArray[np.float32]]:
        """Its tensors by their names in the encoder's file."""
        named = [(path, self.linear[name]) for name, path in self.paths.items()]
        named += [(path, self.norm[name]) for name, path in self.norms.items()]
        return {
            f"{path}.{part}": getattr(module, part).detach().float().numpy()
            for path, module in named
            for part in ("weight", "bias")
        }


class Network(nn.Module):
    """The upper layers and the heads."""

    def __init__(self, tensors: Tensors) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(tensors, place) for place in range(FROZEN, LAYERS))
        self.channels = nn.Embedding(_CHANNELS, WIDTH)
        self.channels.weight.data.mul_(_SMALL)
        self.acts = nn.Linear(2 * WIDTH, SIZES["acts"])
        self.kinds = nn.Linear(2 * WIDTH, SIZES["kinds"])
        self.stances = nn.Linear(2 * WIDTH, SIZES["stances"])
        values, self.values = _index([value_of(place) for place in range(len(LABELS))])
        slots, self.slots = _index([slot_of(place) for place in range(len(LABELS))])
        self.queries = nn.Parameter(torch.randn(values, WIDTH) * _SMALL)
        self.own_directions = nn.Parameter(torch.randn(len(LABELS), WIDTH) * _SMALL)
        self.directions = nn.Parameter(torch.randn(slots, WIDTH) * _SMALL)
        self.bias = nn.Parameter(torch.full((len(LABELS),), _RARE))
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Logits of acts, kinds, labels and stances."""
        x = batch.states + self.channels(batch.channels) * (batch.channels > 0).unsqueeze(-1)
        for layer in self.layers:
            x = layer(x, batch.bias)
        x = x.float()
        own = batch.own.unsqueeze(-1)
        pooled = self.drop(torch.cat([x[:, 0], (x * own).sum(1) / own.sum(1)], 1))
        return {
            "acts": self.acts(pooled).float(),
            "kinds": self.kinds(pooled).float(),
            "labels": self._labels(x, batch.own),
            "stances": self._stances(x, batch.spans),
        }

    def _labels(self, x: Tensor, own: Tensor) -> Tensor:
        looked = torch.einsum("btd,nd->bnt", x, self.queries) / 4
        shares = looked.float().masked_fill(own.unsqueeze(1) == 0, _MASKED).softmax(-1)
        found = self.drop(torch.einsum("bnt,btd->bnd", shares, x))[:, self.values]
        judged: Tensor = found.float() * (self.own_directions + self.directions[self.slots])
        return judged.sum(-1) + self.bias

    def _stances(self, x: Tensor, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        if not spans:
            return x.new_zeros(0, SIZES["stances"])
        named = torch.stack([x[message, start:end].mean(0) for message, start, end in spans])
        whole = torch.stack([x[message, 0] for message, _, _ in spans])
        logits: Tensor = self.stances(self.drop(torch.cat([named, whole], 1)))
        return logits.float()

    def export(self) -> dict[str, NDArray[np.float32]]:
        """Everything that was learned, as `graph` reads it."""
        tensors: dict[str, NDArray[np.float32]] = {}
        for layer in self.layers:
            assert isinstance(layer, Layer)
            tensors |= layer.export()
        for name in ("acts", "kinds", "stances"):
            head = getattr(self, name)
            tensors |= {f"{name}.{part}": getattr(head, part).detach().numpy() for part in ("weight", "bias")}
        directions = self.own_directions + self.directions[self.slots]
        named = self.channels.weight.detach().clone()
        named[0] = 0
        return {
            **tensors,
            "channels.weight": named.numpy(),
            "labels.queries": self.queries.detach().numpy(),
            "labels.directions": directions.detach().numpy(),
            "labels.bias": self.bias.detach().numpy(),
            "labels.values": self.values.numpy().astype(np.float32),
        }


class Lower(nn.Module):
    """The encoder's lower layers, which stay as they are."""

    def __init__(self, tensors: Tensors) -> None:
        super().__init__()
        tables = ("word_embeddings", "position_embeddings", "token_type_embeddings")
        self.tables = [torch.tensor(tensors[f"embeddings.{name}.weight"]) for name in tables]
        self.norm = _norm(tensors, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer(tensors, place) for place in range(FROZEN))
        self.eval()

    @torch.no_grad()
    def forward(self, frames: Sequence[Frame]) -> list[Tensor]:
        """States of each message's tokens, (tokens, width) in 16 bits."""
        length = max(len(frame.ids) for frame in frames)
        ids = torch.zeros(len(frames), length, dtype=torch.long)
        segments, mask = torch.zeros_like(ids), torch.zeros(len(frames), length)
        for row, frame in enumerate(frames):
            ids[row, : len(frame.ids)] = torch.tensor(frame.ids)
            segments[row, frame.own + 1 : len(frame.ids)] = 1
            mask[row, : len(frame.ids)] = 1
        words, positions, kinds = self.tables
        x = self.norm(words[ids] + positions[:length] + kinds[segments])
        bias = as_bias(mask)
        for layer in self.layers:
            x = layer(x, bias)
        return [x[row, : len(frame.ids)].to(torch.bfloat16).clone() for row, frame in enumerate(frames)]


def as_bias(mask: Tensor) -> Tensor:
    """What is added to attention so that nothing looks where there is no token."""
    return ((1 - mask) * _MASKED)[:, None, None, :]


def _index(names: Sequence[str]) -> tuple[int, Tensor]:
    """How many different names there are, and the place of each one's among them."""
    places = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return len(places), torch.tensor([places[name] for name in names])


def _linear(tensors: Tensors, path: str) -> nn.Linear:
    weight = torch.tensor(tensors[f"{path}.weight"])
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, torch.tensor(tensors[f"{path}.bias"])
    return layer


def _norm(tensors: Tensors, path: str) -> nn.LayerNorm:
    layer = nn.LayerNorm(WIDTH, eps=1e-12)
    layer.weight.data = torch.tensor(tensors[f"{path}.weight"])
    layer.bias.data = torch.tensor(tensors[f"{path}.bias"])
    return layer
