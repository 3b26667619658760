"""cpu or cuda, found out without importing torch where there is no driver."""

from __future__ import annotations

import ctypes
from typing import Literal

from index.errors import EncoderUnavailable

Device = Literal["cpu", "cuda"]


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
