"""The version of an ICP: a hash of what it says, not of how the file is laid out."""

import hashlib
import json
from typing import Any

from dagster_project.icp.criteria import Condition
from dagster_project.icp.loading import OwnedIcp

_VERSION_LENGTH = 12
#: Lists whose order means nothing, with the field that sorts them.
_UNORDERED = {
    "criteria": "criterion_id",
    "disqualifiers": "disqualifier_id",
    "pains": "pain_id",
    "triggers": "trigger_id",
}


def normalised_body(owned: OwnedIcp) -> str:
    """Write an ICP as canonical JSON: sorted keys and lists, no defaults, values as SQL sees them.

    Comments, layout, the order of keys and of criteria, a review date, and whatever else stands in
    the product's file leave it unchanged.
    """
    block = owned.icp.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"last_reviewed"}
    )
    for name, conditions in (
        ("criteria", owned.icp.criteria),
        ("disqualifiers", owned.icp.disqualifiers),
    ):
        for written, condition in zip(block.get(name, []), conditions, strict=True):
            _normalise_values(written, condition)
    for name, key in _UNORDERED.items():
        if name in block:
            block[name] = sorted(block[name], key=lambda item, key=key: item[key])
    if "personas" in block:
        block["personas"] = sorted(block["personas"])
    body = {"scope": owned.scope, "product_id": owned.product_id, "icp": block}
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def icp_version(owned: OwnedIcp) -> str:
    """Give the first 12 hexadecimal digits of the SHA-256 of the normalised body."""
    digest = hashlib.sha256(normalised_body(owned).encode()).hexdigest()
    return digest[:_VERSION_LENGTH]


def _normalise_values(written: dict[str, Any], condition: Condition) -> None:
    for key in ("in", "not_in"):
        if key in written:
            written[key] = list(condition.values)
