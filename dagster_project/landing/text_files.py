"""Text as DuckDB reads it best: UTF-8, no byte order mark, LF line ends. Other text is rewritten.

A file that already is so is read where it lies.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Every byte pair of these is valid, so they are never tried as a fallback but only as declared.
_WIDE = ("utf-16", "utf-32", "utf16", "utf32")


@dataclass(frozen=True)
class _Invalid:
    line: int
    reason: str


def readable_text(plan: EntityPlan, path: Path, name: str, work_dir: Path) -> Path:
    """Give a path to the file's text as UTF-8 with LF line ends, rewritten only where needed.

    UTF-8 is tried first, then each declared encoding. Raise FileError when none fits or the file
    is empty.
    """
    encoding = _encoding_of(plan, path, name)
    if encoding == "utf-8" and not _needs_rewriting(path):
        return path
    target = work_dir / "readable.txt"
    with (
        path.open(encoding=encoding, newline=None) as source,
        target.open("w", encoding="utf-8", newline="\n") as rewritten,
    ):
        rewritten.write(source.read(_CHUNK).lstrip("\n"))
        while chunk := source.read(_CHUNK):
            rewritten.write(chunk)
    return target


def _encoding_of(plan: EntityPlan, path: Path, name: str) -> str:
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    if not start.strip():
        raise FileError(
            f"{plan.name}: {name} is empty, it has not even a header. Export it again; if the "
            "system truly has no rows, the file still needs its header line."
        )
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return _first_valid(plan, path, name, (encoding,))
    declared = plan.encodings
    wide = tuple(encoding for encoding in declared if encoding.lower().startswith(_WIDE))
    if b"\0" in start and not wide:
        raise FileError(
            f"{plan.name}: {name} holds zero bytes, as UTF-16 text does. Save it as UTF-8, or "
            "declare `encoding: utf-16` for the entity in sources.yml."
        )
    if b"\0" in start:
        return _first_valid(plan, path, name, wide)
    return _first_valid(plan, path, name, ("utf-8", *declared))


def _first_valid(plan: EntityPlan, path: Path, name: str, encodings: tuple[str, ...]) -> str:
    problems = []
    for encoding in encodings:
        invalid = _first_invalid_line(plan, path, name, encoding)
        if invalid is None:
            return encoding
        problems.append(f"not valid {encoding} at line {invalid.line} ({invalid.reason})")
    raise FileError(
        f"{plan.name}: {name} is {'; '.join(problems)}. Save it as UTF-8, or declare the encoding "
        "it has for the entity in sources.yml, e.g. `encoding: cp1252`."
    )


def _first_invalid_line(plan: EntityPlan, path: Path, name: str, encoding: str) -> _Invalid | None:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise FileError(
            f"{plan.name}: {name}: {encoding!r} is no known encoding. Correct `encoding` in "
            "sources.yml, e.g. cp1252, latin-1 or utf-16."
        ) from error
    lines = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            pending = decoder.getstate()[0]
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = (pending + chunk)[: error.start]
                return _Invalid(lines + before.count(b"\n"), error.reason)
            if not chunk:
                return None
            lines += chunk.count(b"\n")


def _needs_rewriting(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(_CHUNK)
        if first.startswith(b"\n") or b"\r" in first:
            return True
        while chunk := file.read(_CHUNK):
            if b"\r" in chunk:
                return True
    return False
