"""The encoder's own files in an index: kept, copied or exported, so that questions need nothing else."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from index.encoder import ENCODER_ROLES, Encoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder
from index.errors import IndexDamaged, IndexMissing, IndexStale
from index.store import read_manifest, verify_files, write_file
from index.types import IndexFile, Manifest
from index.views import View


@dataclasses.dataclass(frozen=True, slots=True)
class Carried:
    """What an index carries of its encoder."""

    encoder: Encoder
    """What encodes the texts: on the CPU, what will encode the questions."""
    files: Mapping[str, IndexFile] = dataclasses.field(default_factory=dict)
    """The encoder's files by role; none where the model serves with its own library."""
    deviation: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """How far the carried encoder is from its original."""


def carry(encoder: Encoder, directory: Path, views: Sequence[View]) -> Carried:
    """Put the encoder's files in the index directory: kept from the index before, copied, or exported."""
    before = _read_before(encoder, directory)
    if before is not None:
        files = {role: before.files[role] for role in ENCODER_ROLES}
        return Carried(_open(encoder, directory, files), files, before.deviation)
    if encoder.files:
        files = {
            role: write_file(directory, role, path.suffix, partial(shutil.copyfile, path))
            for role, path in encoder.files.items()
        }
        return Carried(encoder, files)
    if not isinstance(encoder, SentenceTransformerEncoder):
        return Carried(encoder)
    return _export(encoder, directory, views)


def _read_before(encoder: Encoder, directory: Path) -> Manifest | None:
    """The index that is there now, if it carries whole files of this encoder."""
    try:
        before = read_manifest(directory)
        # Whoever opened the encoder from these files has verified them.
        files = {role: directory / before.files[role].name for role in ENCODER_ROLES if role in before.files}
        verify_files(
            directory, before, [role for role, path in files.items() if path != encoder.files.get(role)]
        )
    except (IndexMissing, IndexStale, IndexDamaged):
        return None
    same = (before.encoder_id, before.encoder_revision) == (encoder.id, encoder.revision)
    return before if same and set(ENCODER_ROLES) <= set(before.files) else None


def _export(encoder: SentenceTransformerEncoder, directory: Path, views: Sequence[View]) -> Carried:
    """Export in few bits, else in full precision; a model that refuses both serves with its own library."""
    from index.encoders.export import PRECISIONS, ExportRefused, export

    original = encoder if encoder.device == "cpu" else SentenceTransformerEncoder(encoder.name, "cpu")
    questions, passages = ([view.text for view in views if view.query is query] for query in (True, False))
    for precision in PRECISIONS:
        try:
            files, deviation = export(original, directory, precision, questions, passages)
        except ExportRefused:
            continue
        return Carried(_open(encoder, directory, files), files, dataclasses.asdict(deviation))
    return Carried(encoder)


def _open(encoder: Encoder, directory: Path, files: Mapping[str, IndexFile]) -> Encoder:
    """What encodes the texts: the carried files on the CPU, the encoder itself on a GPU or where it is those files."""
    if encoder.device != "cpu" or encoder.files:
        return encoder
    from index.encoders.onnx import OnnxEncoder

    return OnnxEncoder(*(directory / files[role].name for role in ENCODER_ROLES))
