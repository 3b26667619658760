"""Switches off what dependencies send home by themselves; runs before any of them is imported.

A value that the environment has already stays: who sets one has decided.
"""

from __future__ import annotations

import os

SILENT = {
    # onnxruntime: events, a lasting device id and a database of events in the user's cache.
    "ORT_DISABLE_TELEMETRY": "1",
    # Ray: usage statistics of a cluster.
    "RAY_USAGE_STATS_ENABLED": "0",
    # huggingface_hub and, through it, transformers: what is used, and where they run.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # The hub is never asked: a model is on this machine or refused. Else a look-up comes first.
    "HF_HUB_OFFLINE": "1",
    # Whatever else follows donottrack.sh.
    "DO_NOT_TRACK": "1",
}


def switch_off() -> None:
    """Set the variables of SILENT that are not set."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)
