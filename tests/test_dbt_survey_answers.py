"""Which survey answers are scores."""

from collections.abc import Callable

from conftest import World


def _answer(response: str, person: str, score: int, survey: str = "nps") -> dict[str, object]:
    row = {"response_id": response, "contact_id": person, "survey_type": survey, "score": score}
    return row | {"submitted_at": "2030-06-02 12:00:00"}


def test_a_code_for_no_answer_is_no_score(make_world: Callable[..., World]) -> None:
    answers = [_answer(f"n{score}", f"p{score}", score) for score in (-1, 0, 10, 11, 99)]
    rows = {"feedback.survey_responses": [*answers, _answer("c99", "p", 99, "csat")]}
    world = make_world(rows)
    world.build("+int_survey_answers", "+int_staging_rejected_rows")
    points = world.query("select response_id, points from intermediate.int_survey_answers")
    # the range of other surveys is not known, so only NPS has one
    assert dict(points) == {"n0": -100, "n10": 100, "c99": 1}
    rejected = world.query("select row_key, rule from intermediate.int_staging_rejected_rows")
    reason = "score is outside 0 to 10"
    assert dict(rejected) == {"n-1": reason, "n11": reason, "n99": reason}
