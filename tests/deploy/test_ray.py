"""What a deployment on Ray asks the cluster for."""

from __future__ import annotations

import pytest

from assistant.settings import read_settings


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray's own
@pytest.mark.parametrize(
    ("device", "gpus", "part"), [("cpu", 2, 0.0), ("cuda", 0, 0.25), ("auto", 2, 0.25), ("auto", 0, 0.0)]
)
def test_the_encoder_gets_a_part_of_a_gpu_where_there_is_one_to_use(
    device: str, gpus: int, part: float
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'dlstart[ray]'")
    from assistant.channels.ray_serve import encoder_gpus

    assert encoder_gpus(read_settings({"DLSTART_DEVICE": device}), {"CPU": 8.0, "GPU": gpus}) == part
