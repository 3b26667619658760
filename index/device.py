"""cpu or cuda, found out without importing torch where there is no driver."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from index.errors import EncoderUnavailable

Device = Literal["cpu", "cuda"]
_CPU_SHARE = Path("/sys/fs/cgroup/cpu.max")


def count_cores() -> int:
    """Cores that this process may use: those that it may run on, or its container's share of them (cgroup v2)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no such file, or `max`: no share is set
        share, period = map(int, _CPU_SHARE.read_text("ascii").split())
        cores = min(cores, max(1, round(share / period)))
    return cores


def has_nvidia_driver() -> bool:
    """Whether the NVIDIA driver's library can be loaded. Takes well under a millisecond."""
    for name in ("libcuda.so.1", "nvcuda.dll"):
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def choose_device(wanted: str) -> Device:
    """Resolve `auto`, `cpu` or `cuda`. Raises EncoderUnavailable for a `cuda` that is not there."""
    if wanted == "cpu" or (wanted == "auto" and not has_nvidia_driver()):
        return "cpu"
    if wanted not in ("auto", "cuda"):
        raise EncoderUnavailable(f"there is no device {wanted!r}", "set DLSTART_DEVICE to auto, cpu or cuda")
    if _torch_sees_cuda():
        return "cuda"
    if wanted == "auto":
        return "cpu"
    cure = "install the CUDA build of torch, or set DLSTART_DEVICE=auto"
    raise EncoderUnavailable("the device cuda was asked for, but torch finds no GPU", cure)


def _torch_sees_cuda() -> bool:
    if not has_nvidia_driver():
        return False
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())
