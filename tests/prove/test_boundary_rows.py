"""The dbt unit tests of boundaries and of neighbours: many small rows that only mutants ask for."""

from collections.abc import Callable

import pytest
from conftest import World

pytestmark = pytest.mark.prove

MARTS = ("segment_kpis", "segment_cac", "account_value", "funnel_conversion")
MARTS += ("fct_stage_transitions", "time_to_event_curves", "cohort_retention", "metric_bridge")
MARTS += ("feature_adoption",)


def test_boundary_rows_pass(make_world: Callable[..., World]) -> None:
    world = make_world({}, {})
    # every judged model: mutants of one that no random world builds meet its unit tests here
    world.build(*(f"+{mart}" for mart in MARTS))
    outcome = world.dbt("test", "--select", "tag:boundary")
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"a_segment_is_compared_with_itself", "a_trial_counts_when_its_days_are_over"} <= names
