"""What Dagster is told: keys, groups, owners, checks; and that loading it needs nothing."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.icp.entities import ENTITIES
from dagster_project.resources.settings import PROJECT_ROOT

_DESCRIBE = """
import json
from dagster_project.definitions import defs, _dbt_project
graph = defs.resolve_asset_graph()
nodes = {
    "/".join(node.key.path): {
        "group": node.group_name, "owners": sorted(node.owners), "described": bool(node.description)
    }
    for node in graph.asset_nodes if node.is_materializable
}
checks = ["/".join(key.asset_key.path) + ":" + key.name for key in graph.asset_check_keys]
print("FOUND" + json.dumps({
    "nodes": nodes, "checks": checks, "manifest": str(_dbt_project.manifest_path),
    "jobs": sorted(job.name for job in defs.jobs or []),
}))
"""


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> dict:
    """Load the definitions in a process whose environment holds only the data folder.

    dbt's manifest is there already, as it is after a first run.
    """
    data = tmp_path_factory.mktemp("wiring")
    (data / "dbt" / "dagster").mkdir(parents=True)
    shutil.copyfile(dbt_state / "manifest.json", data / "dbt" / "dagster" / "manifest.json")
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _DESCRIBE],
        env={"ICP_DATA_DIR": str(data), "HOME": str(data)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout.split("FOUND", 1)[1])


def test_every_entity_is_an_asset_under_its_raw_table(wiring: dict) -> None:
    expected = {f"{entity.raw_schema}/{entity.name}" for entity in ENTITIES.values()}
    assert expected <= set(wiring["nodes"])


def test_group_is_the_schema_and_everything_is_owned_and_described(wiring: dict) -> None:
    for key, node in wiring["nodes"].items():
        schema = key.split("/")[0]
        assert node["group"] == schema, key
        assert node["owners"], key
        assert node["described"], key


def test_no_dbt_test_is_lost_between_the_manifest_and_dagster(wiring: dict) -> None:
    nodes = json.loads(Path(wiring["manifest"]).read_text())["nodes"].values()
    gate = ("models/marts", "models/activation")
    tests = [
        node["name"]
        for node in nodes
        if node["resource_type"] == "test"
        and not node["original_file_path"].startswith(gate)
        and node.get("attached_node")
    ]
    checks = {name.split(":")[1] for name in wiring["checks"]}
    assert len(tests) > 50
    assert set(tests) <= checks


def test_each_mart_has_its_audit(wiring: dict) -> None:
    marts = {key for key in wiring["nodes"] if key.startswith(("marts/", "activation/"))}
    audits = {check for check in wiring["checks"] if check.startswith("published/icp:")}
    assert {f"published/icp:{key.replace('/', '__')}" for key in marts} <= audits


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(PROJECT_ROOT).as_posix()
        for folder in ("dagster_project", "dashboard")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv", path.read_text(encoding="utf-8"))
    ]
    assert all(reader.startswith("dagster_project/resources/") for reader in readers), readers


def test_every_variable_that_is_read_is_in_the_example() -> None:
    example = (PROJECT_ROOT / ".env.example").read_text()
    read = set()
    for path in (PROJECT_ROOT / "dagster_project" / "resources").glob("*.py"):
        read |= set(re.findall(r'environ\.get\("(ICP_[A-Z_]+)"', path.read_text()))
    assert {name for name in read if f"{name}=" not in example} == set()
