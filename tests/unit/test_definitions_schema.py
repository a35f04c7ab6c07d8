"""The JSON Schemas that editors use: committed as exported, named by every definition file."""

import json
from pathlib import Path

import jsonschema
import pytest

from dagster_project.icp.documents import read_document
from dagster_project.icp.schemas import MODELS, export_schemas, schema_text
from dagster_project.resources.settings import PROJECT_ROOT

SCHEMAS = PROJECT_ROOT / "icp" / "schema"
FOLDERS = [PROJECT_ROOT / name for name in ("icp", "examples/ravenstack", "examples/maven_crm")]
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.yml"))


@pytest.mark.parametrize("name", MODELS)
def test_committed_schema_is_the_exported_one(name: str) -> None:
    committed = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(name), "run export_schemas on icp/schema and commit the result"


def test_export_writes_all_four(tmp_path: Path) -> None:
    paths = export_schemas(tmp_path / "schema")
    assert [path.name for path in paths] == [f"{name}.schema.json" for name in MODELS]
    assert all(json.loads(path.read_text())["additionalProperties"] is False for path in paths)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_every_file_names_the_schema_of_its_kind(path: Path) -> None:
    kind = "product" if path.parent.name == "products" else path.stem
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == SCHEMAS / f"{kind}.schema.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_every_file_satisfies_its_schema(path: Path) -> None:
    kind = "product" if path.parent.name == "products" else path.stem
    document, problems = read_document(path, path.name)
    assert problems == []
    jsonschema.validate(document.value, json.loads(schema_text(kind)))


def test_schema_refuses_what_the_model_refuses() -> None:
    value = {"products": ["alpha"], "personnas": []}
    with pytest.raises(jsonschema.ValidationError, match="personnas"):
        jsonschema.validate(value, json.loads(schema_text("portfolio")))
