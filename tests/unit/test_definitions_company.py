"""Mistakes in `company.yml`: each is found, on its line, with a remedy."""

from pathlib import Path

import pytest
from definition_folder import DefinitionFolder

# file, old text, new text, a part of the line to be named, field, message, remedy
CASES = {
    "time zone": (
        "company.yml", "Europe/Berlin", "Europe/Atlantis", "time_zone", "time_zone",
        "is no time zone", "a name such as Europe/Berlin",
    ),
    "the zone of the machine": (
        "company.yml", "Europe/Berlin", "localtime", "time_zone", "time_zone",
        "is no time zone", "a name such as Europe/Berlin",
    ),
    "as-of word": (
        "company.yml", "time_zone:", "as_of: yesterday\ntime_zone:", "as_of", "as_of",
        "neither latest_data, today, nor a date", "correct",
    ),
    "currency": (
        "company.yml", "reporting_currency: EUR", "reporting_currency: euro", "euro",
        "reporting_currency", "not allowed", "three-letter",
    ),
    "bands overlap": (
        "company.yml", "at_least: 50", "at_least: 40", "- segment: large",
        "segment_schemes[1].segments[1]", "overlaps `small`", "at_least: 50",
    ),
    "bands leave a gap": (
        "company.yml", "below: 50", "below: 49", "- segment: large",
        "segment_schemes[1].segments[1]", "from 49 to under 50 fall between", "at_least: 49",
    ),
    "value in two segments": (
        "company.yml", "      - segment: other\n",
        "      - segment: shops\n        in: [ shops ]\n      - segment: other\n", "in: [ shops ]",
        "segment_schemes[0].segments[1].in", "already in segment `retail`", "one of the two",
    ),
    "otherwise is not last": (
        "company.yml", "        in: [Retail, Shops]", "        otherwise: true # first",
        "# first", "segment_schemes[0].segments[0].otherwise", "nothing may follow", "the end",
    ),
    "reserved segment": (
        "company.yml", "segment: other", "segment: unknown", "segment: unknown",
        "segment_schemes[0].segments[1].segment", "reserved", "leave it out",
    ),
    "the rest with a rule of its own": (
        "company.yml", "segment: small", "segment: other # mine", "# mine",
        "segment_schemes[1].segments[0].segment", "what no other segment takes", "otherwise: true",
    ),
    "segments by what follows from our score": (
        "company.yml", "attribute: employees", "attribute: icp_tier", "attribute: icp_tier",
        "segment_schemes[1].attribute", "cannot be cut", "use one of",
    ),
    "kind of another attribute": (
        "company.yml", "kind: firmographic\n    attribute: employees",
        "kind: value\n    attribute: employees", "kind: value", "segment_schemes[1].kind",
        "is firmographic", "kind: firmographic",
    ),
    "crossed scheme unknown": (
        "company.yml", "[industry, size]", "[industry, sizes]", "sizes", "crossed_schemes[0][1]",
        "no scheme", "did you mean `size`",
    ),
    "crossed with itself": (
        "company.yml", "[industry, size]", "[size, size]", "[size, size]", "crossed_schemes[0]",
        "adds nothing", "once",
    ),
    "two columns in one CRM field": (
        "company.yml", "custom_tier", "icp_score", "icp_tier: icp_score", "crm_fields.icp_tier",
        "both", "of its own",
    ),
    "hours that end before they begin": (
        "company.yml", "17:30", "08:30", "[mon, tue]", "support_hours.week[0].closes",
        "closes at 08:30 but opens at 09:00", "within one day",
    ),
    "no time of day": (
        "company.yml", "17:30", "17:60", "[mon, tue]", "support_hours.week[0].closes",
        "no time of day", "from \"00:00\" to",
    ),
    "a day that opens twice": (
        "company.yml", "days: [sat]", "days: [sat, tue]", "[sat, tue]",
        "support_hours.week[1].days", "`tue` is listed twice", "once",
    ),
    "mail domain": (
        "company.yml", "mail.example", "me@mail.example", "free_mail", "free_mail_domains[0]",
        "no mail domain", "after the @",
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_found_on_its_line(name: str, folder: DefinitionFolder) -> None:
    file, old, new, marker, field, message, remedy = CASES[name]
    folder.edit(file, old, new)
    problem = folder.problem()
    assert (problem.file, problem.line) == (file, folder.line_of(file, marker))
    assert problem.field == field
    assert message in problem.message
    assert remedy in problem.remedy
