"""The index directory: files named by their content, and the manifest that makes them an index.

New files are written beside the old ones; replacing `manifest.json` is the one atomic step. Whoever holds
the old files keeps reading them, and a build that is killed leaves the old index whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.types import IndexFile, Manifest

FORMAT = 2
_MANIFEST = "manifest.json"


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest. Raises IndexMissing, IndexDamaged or IndexStale (another format)."""
    path = directory / _MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {directory}") from None
    except OSError as error:
        raise IndexProblem(f"{path} can't be read ({error.strerror})", "check its permissions") from error
    except ValueError:
        raise IndexDamaged(f"{path} is damaged") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise IndexStale(f"the index in {directory} has another format")
    try:
        files = {role: IndexFile(**file) for role, file in values.pop("files").items()}
        return Manifest(**values, files=files)
    except (KeyError, TypeError, AttributeError):
        raise IndexDamaged(f"{path} is damaged") from None


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Compare every file with its checksum. Raises IndexDamaged."""
    for file in manifest.files.values():
        path = directory / file.name
        try:
            with path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            raise IndexDamaged(f"{path} is missing or can't be read") from None
        if found != file.sha256:
            raise IndexDamaged(f"{path} is not as it was written")


def write_file(directory: Path, role: str, suffix: str, write: Callable[[Path], None]) -> IndexFile:
    """Let `write` fill a new file, and name it by its content."""
    directory.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=directory, prefix=".new-")
    os.close(handle)
    draft = Path(name)
    try:
        write(draft)
        with draft.open("rb+") as opened:
            os.fsync(opened.fileno())
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        file = IndexFile(f"{role}-{sha256[:12]}{suffix}", sha256, draft.stat().st_size)
        draft.chmod(0o644)
        draft.replace(directory / file.name)
    finally:
        draft.unlink(missing_ok=True)
    return file


def publish(directory: Path, manifest: Manifest) -> None:
    """Make the written files the index, in one step, and remove what the old one alone used."""
    values = dataclasses.asdict(manifest)

    def write(path: Path) -> None:
        path.write_text(json.dumps(values, indent=1) + "\n", "utf-8")

    draft = directory / write_file(directory, "manifest", ".json", write).name
    draft.replace(directory / _MANIFEST)
    remove_unused(directory, manifest.files)


def remove_unused(directory: Path, files: Mapping[str, IndexFile]) -> None:
    """Remove files of older builds. A reader that has them open keeps them."""
    used = {file.name for file in files.values()} | {_MANIFEST}
    roles = tuple(f"{role}-" for role in files)
    for path in directory.iterdir():
        if path.name not in used and path.name.startswith((*roles, ".new-")):
            path.unlink(missing_ok=True)
