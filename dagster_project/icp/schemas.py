"""JSON Schemas of the definition files, for editors that complete and check YAML."""

import json
from pathlib import Path

from dagster_project.icp.company import Company
from dagster_project.icp.fields import Definition
from dagster_project.icp.product import Portfolio, Product
from dagster_project.icp.sources import Sources

MODELS: dict[str, type[Definition]] = {
    "company": Company,
    "portfolio": Portfolio,
    "product": Product,
    "sources": Sources,
}


def schema_text(name: str) -> str:
    """Give the JSON Schema of one kind of file as it is stored."""
    schema = MODELS[name].model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def export_schemas(folder: Path) -> list[Path]:
    """Write `<kind>.schema.json` for every kind of file into `folder`; give the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in MODELS:
        path = folder / f"{name}.schema.json"
        path.write_text(schema_text(name), encoding="utf-8")
        paths.append(path)
    return paths
