"""Which files an entity has, and which of them are new. Reading them is not done here."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError

_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True)
class FoundFile:
    """One file on disk; `name` is its path relative to the sources folder."""

    name: str
    path: Path
    content_hash: str
    file_bytes: int


@dataclass(frozen=True)
class HeldFile:
    """The latest version of a file that landing holds."""

    content_hash: str
    mapping_hash: str


def is_glob(path: str) -> bool:
    """Tell whether a path of sources.yml may name several files."""
    return bool(_GLOB_CHARACTERS & set(path))


def paths_of(sources_dir: Path, pattern: str) -> list[Path]:
    """Give the files that a path of sources.yml names, in order of name, without hidden ones."""
    if not is_glob(pattern):
        candidate = sources_dir / pattern
        return [candidate] if candidate.is_file() else []
    found = (path for path in sources_dir.glob(pattern) if path.is_file())
    visible = [path for path in found if not path.name.startswith((".", "~$"))]
    return sorted(visible, key=lambda path: _in_order(path.relative_to(sources_dir).as_posix()))


def _in_order(name: str) -> list[tuple[int, str]]:
    """Give what file names are ordered by: their text, numbers in it by size (9 before 10)."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_files(plan: EntityPlan, sources_dir: Path, *, may_be_absent: bool) -> list[FoundFile]:
    """Give the entity's files in the order they are loaded.

    Raise FileError when there is none, unless `may_be_absent`: deltas and appended files may be
    cleared away once they were loaded, a full dump may not.
    """
    paths = paths_of(sources_dir, plan.path)
    if not paths and not (may_be_absent and is_glob(plan.path)):
        raise FileError(
            f"{plan.name}: no file matches {plan.path!r} in the sources folder. "
            "Put the file there, or correct `path` in sources.yml."
        )
    return [
        FoundFile(
            name=path.relative_to(sources_dir).as_posix(),
            path=path,
            content_hash=content_hash(path),
            file_bytes=path.stat().st_size,
        )
        for path in paths
    ]


def is_unchanged(file: FoundFile, held: HeldFile | None, plan: EntityPlan) -> bool:
    """Tell whether this very content was landed under this very mapping."""
    return held == HeldFile(file.content_hash, plan.fingerprint)


def newer_dump(file: FoundFile, held: Mapping[str, HeldFile], plan: EntityPlan) -> str | None:
    """Name a later full dump that is held already: loading an older one would undo it."""
    if plan.load_mode != "snapshot":
        return None
    matching = (name for name in held if fnmatch(name, plan.path))
    latest = max(matching, key=_in_order, default=file.name)
    return latest if _in_order(latest) > _in_order(file.name) else None
