"""The sample company: invented source files with a planted truth that the pipeline never reads."""

from dagster_project.demo.create import SampleSummary, advance_sample, create_sample
from dagster_project.demo.state import SampleRefusedError, SampleStateError

__all__ = [
    "SampleRefusedError",
    "SampleStateError",
    "SampleSummary",
    "advance_sample",
    "create_sample",
]
