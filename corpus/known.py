"""Resources as they were read before: a file that has not changed is not parsed again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import markdown_it
import mdit_py_plugins
import mdurl
import yaml

from corpus.types import Resource

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KnownResources = Mapping[tuple[str, str], Resource]
"""Resources by the path and the digest of their file."""


@dataclass(frozen=True, slots=True)
class _Record:
    reader: str
    resources: tuple[Resource, ...]


def dump_resources(resources: Iterable[Resource]) -> bytes:
    """The resources that have files of their own, for `read_resources`: as JSON, for nothing in it can be run."""
    return _adapter().dump_json(_Record(_reader(), tuple(one for one in resources if one.digest)))


def read_resources(data: bytes) -> KnownResources:
    """What `dump_resources` wrote; nothing where another reader wrote it, or something else did."""
    try:
        record = _adapter().validate_json(data, strict=True)
    except ValueError:
        return {}
    if record.reader != _reader():
        return {}
    return {(resource.path, resource.digest): resource for resource in record.resources}


@cache
def _adapter() -> TypeAdapter[_Record]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Record)


@cache
def _reader() -> str:
    """Hash of all that decides what a file is read as: the code of this package and of what it reads with."""
    libraries = (yaml, markdown_it, mdit_py_plugins, mdurl)
    versions = (platform.python_version(), *(library.__version__ for library in libraries))
    digest = hashlib.sha256(" ".join((*versions, str(yaml.__with_libyaml__))).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
