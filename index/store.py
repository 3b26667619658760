"""The index directory: files named by their content, and the manifest that makes them an index.

New files are written beside the old ones; replacing `manifest.json` is the one atomic step. Whoever holds
the old files keeps reading them, and a build that is killed leaves the old index whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.types import IndexFile, Manifest

FORMAT = 5
MANIFEST = "manifest.json"
_PATIENCE = 6000
_OURS = re.compile(r"\.new-.+|[a-z]+-[0-9a-f]{12}\.[a-z]+")


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest. Raises IndexMissing, IndexDamaged or IndexStale (another format)."""
    path = directory / MANIFEST
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


def verify_files(directory: Path, manifest: Manifest, roles: Iterable[str] | None = None) -> None:
    """Compare the files of these roles, or all, with their checksums. Raises IndexDamaged."""
    for role in manifest.files if roles is None else roles:
        file = manifest.files[role]
        path = directory / file.name
        try:
            with path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            raise IndexDamaged(f"{path} is missing or can't be read") from None
        if found != file.sha256:
            raise IndexDamaged(f"{path} is not as it was written")


@contextmanager
def lock(directory: Path) -> Iterator[None]:
    """Let one build at a time write to a directory; the next one waits. A build that is killed holds nothing.

    Raises OSError where the directory can't be written, IndexProblem after ten minutes of waiting.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows: there, two builds at once are the user's to avoid
        yield
        return
    with (directory / ".lock").open("a") as held:
        for _ in range(_PATIENCE):
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            raise IndexProblem(f"another build is going on in {directory}", "wait for it, or end it")
        yield


def write_file(directory: Path, role: str, suffix: str, write: Callable[[Path], object]) -> IndexFile:
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
    draft.replace(directory / MANIFEST)
    if hasattr(os, "O_DIRECTORY"):  # the new name itself must survive a power cut
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    remove_unused(directory, manifest.files)


def remove_unused(directory: Path, files: Mapping[str, IndexFile]) -> None:
    """Remove files of older builds. A reader that has them open keeps them."""
    used = {file.name for file in files.values()} | {MANIFEST}
    for path in directory.iterdir():
        if path.name not in used and _OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)
