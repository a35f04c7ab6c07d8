"""A sample of the mutants of the metric models is noticed by the suite; `make mutate` tries all."""

import subprocess
import sys

import pytest

from dagster_project.resources.settings import PROJECT_ROOT

pytestmark = pytest.mark.prove


def test_a_sample_of_mutants_is_noticed() -> None:
    command = [sys.executable, "-m", "tests.mutation", "--sample", "400"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr[-6_000:]
