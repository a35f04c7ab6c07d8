"""Which usage days somebody may ask to build again, and what is said when they cannot be read."""

from datetime import date

import dagster as dg
import pytest

from dagster_project.assets.models import ModelsConfig, days_asked_for

AS_OF = date(2030, 1, 31)


def test_a_range_is_built_to_the_as_of_day_unless_it_ends_earlier() -> None:
    assert days_asked_for(ModelsConfig(usage_from="2030-01-03"), AS_OF) == (
        date(2030, 1, 3),
        AS_OF,
    )
    asked = ModelsConfig(usage_from="2030-01-03", usage_to="2030-01-04")
    assert days_asked_for(asked, AS_OF) == (date(2030, 1, 3), date(2030, 1, 4))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "2030-01-04", "usage_from cannot be left out"),
        ("3 January", "", "Write days as YYYY-MM-DD"),
        ("2030-01-05", "2030-01-04", "is after usage_to"),
    ],
)
def test_days_that_make_no_range_are_refused_with_the_remedy(
    first: str, last: str, said: str
) -> None:
    with pytest.raises(dg.Failure, match=said):
        days_asked_for(ModelsConfig(usage_from=first, usage_to=last), AS_OF)


def test_asking_for_days_builds_them_although_nothing_is_new() -> None:
    assert not ModelsConfig().is_asked_for
    assert ModelsConfig(usage_from="2030-01-03").is_asked_for
    assert ModelsConfig(full_refresh=True).is_asked_for
