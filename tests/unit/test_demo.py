"""The sample company: same seed same bytes, the planted truth is there, time only adds."""

import csv
import hashlib
import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from dagster_project.demo import SampleStateError, advance_sample, create_sample
from dagster_project.demo.accounts import make_accounts
from dagster_project.demo.deals import make_deals, win_probability
from dagster_project.demo.plan import Plan

END = date(2026, 6, 30)
SMALL = {"accounts": 300, "months": 12, "events": 20_000, "end": END}


def _fingerprints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _make(folder: Path) -> Path:
    create_sample(folder / "sources", folder / "answer_key.json", seed=7, **SMALL)
    return folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def advanced(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = Path(shutil.copytree(sample, tmp_path_factory.mktemp("advanced") / "copy"))
    before = _fingerprints(folder / "sources")
    advance_sample(folder / "sources", folder / "answer_key.json", 1)
    return folder, before


def _key(folder: Path) -> dict:
    return json.loads((folder / "answer_key.json").read_text(encoding="utf-8"))


def _rows(folder: Path, pattern: str, delimiter: str = ",") -> list[dict[str, str]]:
    found = []
    for path in sorted((folder / "sources").glob(pattern)):
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        found += list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    return found


def _planted(folder: Path, entity: str, kind: str) -> list[str]:
    rows = [r for r in _key(folder)["defects"] if (r["entity"], r["kind"]) == (entity, kind)]
    assert len(rows) == 1, f"{kind} of {entity} is missing from the key"
    assert rows[0]["keys"] is None or len(rows[0]["keys"]) == rows[0]["count"] > 0
    return rows[0]["keys"]


def test_same_seed_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    again = _make(tmp_path)
    assert _fingerprints(again / "sources") == _fingerprints(sample / "sources")
    assert _key(again) == _key(sample)


def test_another_seed_gives_another_company() -> None:
    one, other = (make_accounts(Plan(300, 12, 1, seed, END)) for seed in (7, 8))
    assert list(one["name"]) != list(other["name"])


def test_clean_accounts_are_as_many_as_asked(sample: Path) -> None:
    assert _key(sample)["planted"]["accounts"] == SMALL["accounts"]


def test_no_source_file_names_the_truth(sample: Path) -> None:
    header = (sample / "sources/crm/accounts_2026-06-30.csv").read_text().splitlines()[0]
    assert "inside" not in header.lower()
    assert "anti" not in header.lower()
    assert not list((sample / "sources").rglob("*answer*"))


@pytest.fixture(scope="module")
def default_deals():  # noqa: ANN201
    plan = Plan(4000, 36, 1, 7, END)
    accounts = make_accounts(plan)
    deals = make_deals(plan, accounts)
    return accounts, deals[deals["closed_at"] < np.datetime64("2026-07-01")]


@pytest.mark.parametrize(("product", "low", "high"), [("harbor", 2.2, 4.1), ("ledger", 2.2, 4.1)])
def test_odds_ratio_is_as_planted(default_deals, product: str, low: float, high: float) -> None:
    deals = default_deals[1]
    mine = deals[deals["product_id"] == product]
    inside = mine["inside"].to_numpy(bool)
    chance = [mine["is_won"].to_numpy()[side].mean() for side in (inside, ~inside)]
    odds = [rate / (1 - rate) for rate in chance]
    assert low < odds[0] / odds[1] < high


def test_one_in_five_deals_is_won_and_there_are_enough(default_deals) -> None:
    deals = default_deals[1]
    assert (deals.groupby("product_id").size() >= 1500).all()
    rate = deals.groupby("product_id")["is_won"].mean()
    assert rate.between(0.17, 0.235).all()


def test_a_fifth_of_accounts_is_inside_and_beacon_has_no_icp(default_deals) -> None:
    accounts, deals = default_deals
    assert 0.15 <= accounts["inside_harbor"].mean() <= 0.25
    assert 0.15 <= accounts["inside_ledger"].mean() <= 0.25
    beacon = deals[deals["product_id"] == "beacon"]
    inside = accounts["inside_harbor"].to_numpy()[beacon["account"]]
    won = beacon["is_won"].to_numpy()
    assert abs(won[inside].mean() - won[~inside].mean()) < 0.07


def test_decoys_go_with_the_true_attributes(default_deals) -> None:
    accounts = default_deals[0]
    for true, decoy in (
        ("uses_RouteWise TMS", "uses_Cargolane WMS"),
        ("uses_Tallyhook Payments", "uses_Pennyroyal Books"),
    ):
        assert np.corrcoef(accounts[true], accounts[decoy])[0, 1] > 0.2


def test_win_probability_hits_rate_and_ratio_in_expectation() -> None:
    inside = np.arange(2000) % 5 == 0
    chance = win_probability(inside.astype(float), inside, np.zeros(2000), 3.0)
    odds = [chance[side].mean() / (1 - chance[side].mean()) for side in (inside, ~inside)]
    assert chance.mean() == pytest.approx(0.20, abs=1e-6)
    assert odds[0] / odds[1] == pytest.approx(3.0, abs=1e-4)
    flat = win_probability(inside.astype(float), inside, np.zeros(2000), 1.0)
    assert flat == pytest.approx(np.full(2000, 0.20), abs=1e-6)


def test_references_of_clean_rows_resolve(sample: Path) -> None:
    accounts = {row["Id"] for row in _rows(sample, "crm/accounts_2026-06-30.csv")}
    deals = _rows(sample, "crm/opportunities_2026-06-30.csv")
    orphans = set(_planted(sample, "crm.opportunities", "orphan_account"))
    assert {d["Id"] for d in deals if d["AccountId"] not in accounts} == orphans
    customers = {r["CustomerNo"] for r in _rows(sample, "billing/customers_*.csv", ";")}
    contracts = _rows(sample, "billing/subscriptions_*.csv", ";")
    unknown = {r["ContractNo"] for r in contracts if r["CustomerNo"] not in customers}
    assert unknown == set(_planted(sample, "billing.subscriptions", "orphan_customer"))
    held = {row["ContractNo"] for row in contracts}
    items = _rows(sample, "billing/subscription_items_*.csv", ";")
    loose = {row["PositionNo"] for row in items if row["ContractNo"] not in held}
    assert loose == set(_planted(sample, "billing.subscription_items", "orphan_subscription"))


def test_key_counts_what_the_files_hold(sample: Path) -> None:
    accounts = _rows(sample, "crm/accounts_2026-06-30.csv")
    repeated = Counter(row["Id"] for row in accounts)
    twice = {name for name, count in repeated.items() if name and count > 1}
    assert twice == set(_planted(sample, "crm.accounts", "duplicate_key"))
    merged = {row["Id"] for row in accounts if row["MasterRecordId"]}
    assert merged == set(_planted(sample, "crm.accounts", "merged"))
    deleted = {row["Id"] for row in accounts if row["IsDeleted"] == "true"}
    assert deleted == set(_planted(sample, "crm.accounts", "deleted_at_source"))
    deals = _rows(sample, "crm/opportunities_2026-06-30.csv")
    negative = {row["Id"] for row in deals if float(row["Amount"]) < 0}
    assert negative == set(_planted(sample, "crm.opportunities", "negative_amount"))
    future = {row["Id"] for row in deals if row["CreatedDate"] > "2026-07-01"}
    assert future == set(_planted(sample, "crm.opportunities", "future_date"))


def test_vanished_accounts_are_in_the_older_dump_alone(sample: Path) -> None:
    older = {row["Id"] for row in _rows(sample, "crm/accounts_2026-06-23.csv")}
    newer = {row["Id"] for row in _rows(sample, "crm/accounts_2026-06-30.csv")}
    assert older - newer == set(_planted(sample, "crm.accounts", "vanished_from_dump"))


def test_column_was_renamed_between_the_dumps(sample: Path) -> None:
    first = "Employees__c" in _rows(sample, "crm/accounts_2026-06-23.csv")[0]
    assert first
    assert "NumberOfEmployees" in _rows(sample, "crm/accounts_2026-06-30.csv")[0]


def test_one_file_is_cut_and_one_is_not_utf8(sample: Path) -> None:
    damaged = {row["kind"]: row for row in _key(sample)["defects"] if "file" in row}
    cut = (sample / "sources" / damaged["truncated_file"]["file"]).read_text(encoding="utf-8")
    *whole, last = cut.splitlines()
    assert all(json.loads(line)["id"] for line in whole)
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)
    with pytest.raises(UnicodeDecodeError):
        (sample / "sources" / damaged["wrong_encoding"]["file"]).read_text(encoding="utf-8")


def test_some_dates_are_typed_another_way(sample: Path) -> None:
    invoices = _rows(sample, "billing/invoices_*.csv", ";")
    odd = {row["InvoiceNo"] for row in invoices if "." not in row["IssuedOn"]}
    assert odd == set(_planted(sample, "billing.invoices", "mixed_date_format"))


def test_contracts_end_after_they_start_unless_planted(sample: Path) -> None:
    wrong = set()
    for row in _rows(sample, "billing/subscriptions_*.csv", ";"):
        start, end = (row[name].split(".")[::-1] for name in ("StartDate", "EndDate"))
        if row["EndDate"] and end < start:
            wrong.add(row["ContractNo"])
    assert wrong == set(_planted(sample, "billing.subscriptions", "end_before_start"))


def test_about_twenty_kinds_of_defects_are_planted(sample: Path) -> None:
    kinds = {row["kind"] for row in _key(sample)["defects"] if row["count"]}
    assert len(kinds) >= 20
    assert all("expected_rule" in row for row in _key(sample)["defects"])


def test_events_are_counted_as_written(sample: Path) -> None:
    table = pq.read_table(sample / "sources/product/events").to_pydict()
    counted = {r["kind"]: r["count"] for r in _key(sample)["defects"] if "event" in r["entity"]}
    ids = table["event_id"]
    # copies of our own people's events are counted with those people
    assert 0 <= len(ids) - len(set(ids)) - counted["duplicate_event"] < 5
    assert counted["duplicate_event"] > 20
    assert min(counted.values()) > 0
    assert abs(len(ids) - SMALL["events"]) < 0.02 * SMALL["events"]
    unknown = sum(key > "ws_9000000" for key in table["account_key"])
    assert unknown == counted["orphan_workspace"]
    rows = _key(sample)["events"]["by_kind_product_month"]
    assert sum(r["count"] for r in rows if r["kind"] != "accepted_event_count") == len(ids)
    june = _key(sample)["events"]
    for product, count in june["accepted_in_month"].items():
        assert 0 < count < june["accepted_event_count_in_month"][product] < 1.2 * count


def test_advancing_leaves_every_older_file_alone(advanced) -> None:
    folder, before = advanced
    after = _fingerprints(folder / "sources")
    assert {name: after.get(name) for name in before} == before
    new = set(after) - set(before)
    assert all("2026-07-01" in name for name in new)
    assert "product/events/dt=2026-07-01/part-0.parquet" in new
    assert "crm/accounts_2026-07-01.csv" in new


def test_deltas_hold_only_what_changed(advanced) -> None:
    folder, _ = advanced
    moved = _rows(folder, "crm/stage_history_2026-07-01.csv")
    assert moved
    assert all(row["CreatedDate"] >= "2026-07-01" for row in moved)


def test_two_single_days_equal_two_days_at_once(advanced, sample: Path, tmp_path: Path) -> None:
    folder, _ = advanced
    advance_sample(folder / "sources", folder / "answer_key.json", 1)
    other = Path(shutil.copytree(sample, tmp_path / "copy"))
    advance_sample(other / "sources", other / "answer_key.json", 2)
    assert _key(folder) == _key(other)
    for name in ("crm/accounts_2026-07-02.csv", "crm/opportunities_2026-07-02.csv"):
        assert (folder / "sources" / name).read_bytes() == (other / "sources" / name).read_bytes()
    days = [
        _fingerprints(base / "sources/product/events/dt=2026-07-02") for base in (folder, other)
    ]
    assert days[0] == days[1]


def test_advancing_past_the_plan_says_what_to_do(sample: Path) -> None:
    with pytest.raises(SampleStateError, match="Create a new one with a later end"):
        advance_sample(sample / "sources", sample / "answer_key.json", 400)


def test_advancing_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SampleStateError, match="icp demo create"):
        advance_sample(tmp_path / "sources", tmp_path / "answer_key.json", 1)


def test_a_folder_with_other_files_is_never_emptied(tmp_path: Path) -> None:
    own = tmp_path / "sources" / "mine.csv"
    own.parent.mkdir()
    own.write_text("precious")
    with pytest.raises(ValueError, match="no sample company made"):
        _make(tmp_path)
    assert own.read_text() == "precious"


def test_a_company_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 50 accounts"):
        create_sample(tmp_path / "s", tmp_path / "k.json", accounts=3, end=END)
