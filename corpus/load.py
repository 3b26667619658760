"""A directory, or a plain guide in one file -> Corpus, cross-checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from corpus.about import misspelt_keys, read_about
from corpus.addresses import shown_addresses
from corpus.annotations import parse_annotations
from corpus.errors import CorpusError, Problem
from corpus.frontmatter import read_any_front_matter
from corpus.inert import make_inert, shown_texts
from corpus.known import KnownResources
from corpus.parse import nearest, parse_concepts, parse_guide, parse_questions, parse_resource
from corpus.plain import parse_plain_guide
from corpus.types import Concept, Corpus, Resource, Section, Successor

_MAX_BYTES = 64 * 2**20
_QUESTION_SETS = ("near-misses", "off-topic", "refused", "smalltalk")


def default_corpus_path() -> Path:
    """The corpus that comes with the program."""
    return Path(__file__).parent


def load_corpus(path: Path | str | None = None, known: KnownResources = MappingProxyType({})) -> Corpus:
    """Read a corpus directory or a plain Markdown guide (default: the corpus that comes with the program).

    `known`: resources that were read before, so that only files that have changed since are parsed.
    Raises CorpusError with everything that is wrong.
    """
    corpus, problems = read_corpus(path, known)
    errors = [problem for problem in problems if problem.level == "error"]
    if corpus is None or errors:
        raise CorpusError(errors)
    return corpus


def read_corpus(
    path: Path | str | None = None, known: KnownResources = MappingProxyType({})
) -> tuple[Corpus | None, list[Problem]]:
    """Read a corpus and everything that is wrong with it; None when nothing of it can be used.

    Warnings on its sentences are `corpus.check`'s."""
    root = Path(path) if path is not None else default_corpus_path()
    problems: list[Problem] = []
    digest = hashlib.sha256()
    if root.is_file():
        text = _read(root, root.name, digest, problems)
        corpus = None if text is None else _from_plain(text, root, problems)
    elif root.is_dir():
        corpus = _from_directory(root, known, digest, problems)
    else:
        fault = (
            "it is neither a file nor a directory" if root.exists() else "there is no such file or directory"
        )
        problems.append(Problem(str(root), 1, fault, "give the path of a corpus"))
        corpus = None
    if corpus is None:
        return None, problems
    corpus = make_inert(corpus)
    return replace(
        corpus, hash=digest.hexdigest(), path=str(root), urls=frozenset(_addresses(corpus))
    ), problems


def _from_plain(text: str, root: Path, problems: list[Problem]) -> Corpus:
    title, credit, sections, resources = parse_plain_guide(text, root.name, problems)
    head = read_any_front_matter(text, root.name, [])
    # Other programs have keys of the same names: what is not in this one's form is left out with a warning.
    faults: list[Problem] = list(misspelt_keys(head.values, head.lines, root.name))
    about = read_about(
        head.values, head.lines, title, [s.id for s in sections], [r.id for r in resources], root.name, faults
    )
    problems += (replace(fault, level="warning") for fault in faults)
    return Corpus(title, credit, sections, resources, about)


def _from_directory(
    root: Path, known: KnownResources, digest: hashlib._Hash, problems: list[Problem]
) -> Corpus | None:
    guide_path = root / "guide.md"
    if not guide_path.is_file():
        problems.append(
            Problem("guide.md", 1, f"{root} has no guide.md", "write one, or give another directory")
        )
        return None
    text = _read(guide_path, "guide.md", digest, problems)
    if text is None:
        return None
    guide = parse_guide(text, "guide.md", problems)
    questions = {
        file.stem: parse_questions(_read(file, f"questions/{file.name}", digest, problems) or "")
        for file in sorted((root / "questions").glob("*.txt"))
    }
    sections = [replace(section, questions=questions.get(section.id, ())) for section in guide.sections]
    for name in questions.keys() - {section.id for section in sections} - set(_QUESTION_SETS):
        mend = nearest(name, [section.id for section in sections])
        problems.append(Problem(f"questions/{name}.txt", 1, f"there is no section `{name}`", mend))

    resources = list(_read_resources(root, known, digest, problems))
    concepts: tuple[Concept, ...] = ()
    if (root / "concepts.toml").is_file():
        toml = _read(root / "concepts.toml", "concepts.toml", digest, problems)
        concepts = parse_concepts(toml or "", "concepts.toml", problems)

    annotated = root / "annotations.jsonl"
    annotations = _read(annotated, annotated.name, digest, problems) if annotated.is_file() else None

    about = read_about(
        guide.values,
        guide.lines,
        guide.title,
        [section.id for section in sections],
        [resource.id for resource in resources],
        "guide.md",
        problems,
    )
    _cross_check(sections, resources, concepts, guide.lines, problems)
    order = {section.id: n for n, section in enumerate(sections)}
    resources.sort(key=lambda r: (order.get(r.section, len(order)), r.origin != "guide", r.id))
    return Corpus(
        title=guide.title,
        credit=guide.credit,
        sections=tuple(sections),
        resources=tuple(_name_successors(resources)),
        about=about,
        concepts=concepts,
        annotations=parse_annotations(annotations or "", annotated.name, problems),
        near_misses=questions.get("near-misses", ()),
        off_topic=questions.get("off-topic", ()),
        refused=questions.get("refused", ()),
        smalltalk=questions.get("smalltalk", ()),
    )


def _read_resources(
    root: Path, known: KnownResources, digest: hashlib._Hash, problems: list[Problem]
) -> Iterator[Resource]:
    for file in sorted((root / "resources").glob("*.md")):
        name = f"resources/{file.name}"
        if (data := _read_bytes(file, name, digest, problems)) is None:
            continue
        own = hashlib.sha256(data).hexdigest()
        resource = known.get((name, own))
        if resource is None and (text := _decode(data, name, problems)) is not None:
            resource = parse_resource(text, name, file.stem, problems, own)
        if resource is None:
            continue
        if resource.status != "current" and not resource.status_note.strip():
            what = f"`{file.stem}` is {resource.status}, and `status_note` is empty"
            problems.append(Problem(name, resource.lines["status_note"], what, "say what happened"))
        yield resource


def _read(file: Path, name: str, digest: hashlib._Hash, problems: list[Problem]) -> str | None:
    data = _read_bytes(file, name, digest, problems)
    return None if data is None else _decode(data, name, problems)


def _read_bytes(file: Path, name: str, digest: hashlib._Hash, problems: list[Problem]) -> bytes | None:
    try:
        if file.stat().st_size > _MAX_BYTES:
            problems.append(
                Problem(name, 1, "the file is too large", f"keep it below {_MAX_BYTES // 2**20} MiB")
            )
            return None
        data = file.read_bytes()
    except OSError as error:
        problems.append(Problem(name, 1, f"it can't be read ({error.strerror})", "check its permissions"))
        return None
    digest.update(name.encode() + b"\0" + data + b"\0")
    return data


def _decode(data: bytes, name: str, problems: list[Problem]) -> str | None:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, "it is not UTF-8", "save it as UTF-8"))
        return None


def _cross_check(
    sections: list[Section],
    resources: list[Resource],
    concepts: Iterable[Concept],
    guide_lines: Mapping[str, int],
    problems: list[Problem],
) -> None:
    section_ids = {section.id for section in sections}
    by_id = {resource.id: resource for resource in resources}
    resource_ids = by_id.keys()
    ids = section_ids | resource_ids
    for both in section_ids & resource_ids:
        mend = "rename the resource's file"
        problems.append(Problem(f"resources/{both}.md", 1, f"`{both}` is the id of a section as well", mend))
    for resource in resources:
        lines = resource.lines
        if resource.section not in section_ids:
            what = f"there is no section `{resource.section}`"
            problems.append(
                Problem(resource.path, lines["section"], what, nearest(resource.section, section_ids))
            )
        for id in resource.prerequisites:
            if id not in ids or id == resource.id:
                what = f"`prerequisites` names no other section or resource `{id}`"
                problems.append(
                    Problem(resource.path, lines["prerequisites"], what, nearest(id, ids - {resource.id}))
                )
        after = resource.successor.resource if resource.successor else None
        if after is not None and (after not in resource_ids or after == resource.id):
            what = f"`successor` names no other resource `{after}`"
            problems.append(Problem(resource.path, lines["successor"], what, nearest(after, resource_ids)))
    for section in sections:
        for id in section.prerequisites:
            if id not in ids or id == section.id:
                what = f"`prerequisites` of `{section.id}` names no other section or resource `{id}`"
                line = guide_lines.get("prerequisites", 1)
                problems.append(Problem("guide.md", line, what, nearest(id, ids - {section.id})))
    for concept in concepts:
        for id in concept.taught_in:
            if id not in ids:
                what = f"concept `{concept.id}` names no section or resource `{id}`"
                problems.append(Problem("concepts.toml", 1, what, nearest(id, ids)))
    for cycle in _cycles({item.id: item.prerequisites for item in _all(sections, resources)}):
        path = "guide.md" if cycle[0] in section_ids else f"resources/{cycle[0]}.md"
        lines = guide_lines if cycle[0] in section_ids else by_id[cycle[0]].lines
        what = f"the prerequisites go in a circle: {' -> '.join((*cycle, cycle[0]))}"
        problems.append(Problem(path, lines.get("prerequisites", 1), what, "remove one of them"))


def _all(sections: Iterable[Section], resources: Iterable[Resource]) -> Iterator[Section | Resource]:
    yield from sections
    yield from resources


def _cycles(graph: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """One circle at most for each node that closes it, by depth-first search."""
    done: set[str] = set()
    for start in graph:
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph[start]))]
        trail = [start]
        while stack and start not in done:
            node, children = stack[-1]
            child = next(children, None)
            if child is None:
                done.add(node)
                stack.pop()
                trail.pop()
            elif child in trail:
                yield tuple(trail[trail.index(child) :])
            elif child not in done and child in graph:
                stack.append((child, iter(graph[child])))
                trail.append(child)


def _name_successors(resources: list[Resource]) -> Iterator[Resource]:
    by_id = {resource.id: resource for resource in resources}
    for resource in resources:
        after = by_id.get(resource.successor.resource or "") if resource.successor else None
        if after is not None:
            named = Successor(title=after.title, url=after.current_url, resource=after.id)
            resource = replace(resource, successor=named)
        yield resource


def _addresses(corpus: Corpus) -> Iterator[str]:
    for text in shown_texts(corpus):
        yield from shown_addresses(text)
    if corpus.credit and corpus.credit.url:
        yield corpus.credit.url
    for item in _all(corpus.sections, corpus.resources):
        for paragraph in item.paragraphs:
            yield from (link.url for link in paragraph.links)
    for resource in corpus.resources:
        yield resource.url
        yield resource.current_url
        yield from resource.sources
        if resource.successor and resource.successor.url:
            yield resource.successor.url
