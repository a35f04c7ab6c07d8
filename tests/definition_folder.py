"""A small valid definitions folder that tests copy, spoil in one place, and have judged."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dagster_project.icp.loading import Definitions, load_definitions, validate
from dagster_project.icp.problems import Problem

SAMPLE = Path(__file__).parent / "data" / "definitions"
ALPHA = "products/alpha.yml"


@dataclass(frozen=True)
class DefinitionFolder:
    """A copy of the sample folder."""

    home: Path

    @classmethod
    def copy_to(cls, folder: Path) -> "DefinitionFolder":
        return cls(Path(shutil.copytree(SAMPLE, folder / "definitions")))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that occurs exactly once."""
        text = self.text(file)
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        self.write(file, text.replace(old, new))

    def text(self, file: str) -> str:
        return (self.home / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.home / file).write_text(text, encoding="utf-8")

    def line_of(self, file: str, part: str) -> int:
        """Give the number of the only line that holds `part`."""
        lines = enumerate(self.text(file).splitlines(), start=1)
        found = [number for number, line in lines if part in line]
        assert len(found) == 1, f"{part!r} stands on lines {found}"
        return found[0]

    def load(self) -> Definitions:
        return load_definitions(self.home)

    def problem(self) -> Problem:
        """Give the only problem of the folder."""
        problems = validate(self.home)
        assert len(problems) == 1, "\n".join(map(str, problems))
        return problems[0]
