"""The small network: whole numbers, so the same scores in whatever order they are added."""

from __future__ import annotations

import json

import numpy as np
import pytest

from assistant.net import Net, sigmoid, softmax


@pytest.fixture
def net() -> Net:
    chance = np.random.default_rng(3)
    layers = [
        (
            chance.normal(0, 1, (7, 4)),
            chance.normal(0, 1, 4),
            chance.normal(0, 1, (4, 2)),
            chance.normal(0, 1, 2),
        )
        for _ in range(2)
    ]
    return Net.of_layers(chance.normal(0, 1, 7), np.abs(chance.normal(1, 0.1, 7)), layers)


def test_the_score_is_the_mean_of_the_layers_side_by_side_near_to_what_floats_give(net: Net) -> None:
    rows = np.random.default_rng(4).normal(0, 1, (9, 7))
    centred = (rows - net.mean) / net.spread
    hidden = np.maximum(centred @ (net.first / 1024) + net.first_bias / (64 * 1024), 0)
    expected = hidden @ (net.last / 1024) + net.last_bias / (256 * 1024)
    assert net.score(rows) == pytest.approx(expected, abs=0.1)


def test_the_order_of_addition_changes_no_bit(net: Net) -> None:
    rows = np.random.default_rng(5).normal(0, 1, (9, 7))
    order = np.array([6, 2, 0, 5, 1, 4, 3])
    turned = Net(
        net.mean[order], net.spread[order], net.first[order], net.first_bias, net.last, net.last_bias
    )
    assert (net.score(rows) == turned.score(rows[:, order])).all()


def test_shared_inputs_count_as_if_they_stood_in_every_row(net: Net) -> None:
    rows = np.random.default_rng(6).normal(0, 1, (5, 7))
    rows[:, 4:] = rows[0, 4:]
    assert (net.score(rows[:, :4], rows[0, 4:]) == net.score(rows)).all()


def test_a_network_survives_its_json_form(net: Net) -> None:
    again = Net.of_values(json.loads(json.dumps(net.as_values())))
    rows = np.random.default_rng(7).normal(0, 1, (3, 7))
    assert (again.score(rows) == net.score(rows)).all()


def test_shares_sum_to_one_and_probabilities_stay_between_their_ends() -> None:
    assert softmax(np.array([1.0, 1.0, 1.0, 1.0])).tolist() == [0.25] * 4
    assert sigmoid(np.array([0.0, 1e9, -1e9])).tolist() == pytest.approx([0.5, 1.0, 0.0])
