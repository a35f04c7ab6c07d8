"""Files that survive a crash whole: written beside their place, forced to disk, then renamed."""

import os
import uuid
from pathlib import Path

#: Every unfinished file carries this, so that the next run can sweep what a killed one left.
UNFINISHED = ".unfinished"


def sync_file(path: Path) -> None:
    """Force a file's content to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


#: A folder is synced like a file: that makes the names in it durable.
sync_folder = sync_file


def write_text(path: Path, text: str) -> None:
    """Replace a small text file at once: a reader finds the old text or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    unfinished.write_text(text, encoding="utf-8")
    sync_file(unfinished)
    unfinished.replace(path)
    sync_folder(path.parent)


def sweep(folder: Path) -> list[Path]:
    """Remove unfinished files of killed runs (the caller holds the run lock) and give their paths.

    DuckDB's own leftovers of such a file (write-ahead log, spill folder) go with it.
    """
    swept = [path for path in sorted(folder.glob(f".*{UNFINISHED}*")) if path.is_file()]
    for path in swept:
        path.unlink()
    for spill in sorted(folder.glob(f".*{UNFINISHED}*.tmp")):
        for part in spill.iterdir():
            part.unlink()
        spill.rmdir()
        swept.append(spill)
    return swept
