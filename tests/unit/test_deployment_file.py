"""Deployment files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError

MADE = Deployment(
    chain_id=1,
    block=2,
    deployer="a",
    governor="b",
    everloop="c",
    executor="d",
    orders="o",
    registry="e",
    factory="f",
    implementations={"TreasuryAgent": "g"},
)


def test_a_deployment_comes_back_from_its_file(tmp_path: Path) -> None:
    path = MADE.save(tmp_path / "deep" / "deployment.json")
    assert Deployment.load(path, chain_id=1) == MADE
    assert [file.name for file in path.parent.iterdir()] == ["deployment.json"]


def test_a_deployment_of_another_chain_is_refused(tmp_path: Path) -> None:
    path = MADE.save(tmp_path / "d.json")
    with pytest.raises(ConfigError, match="is for chain 1 and the node serves chain 5"):
        Deployment.load(path, chain_id=5)


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="everloop deploy"):
        Deployment.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", json.dumps({**dataclasses.asdict(MADE), "more": 1})],
)
def test_files_that_are_no_deployment_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"odd\.json"):
        Deployment.load(path)


def test_missing_and_unknown_fields_are_named() -> None:
    content = MADE.to_dict()
    del content["registry"], content["orders"]
    with pytest.raises(ConfigError, match="it lacks orders, registry; deploy again"):
        Deployment.from_dict(content)
    with pytest.raises(ConfigError, match="it has unknown more; deploy again"):
        Deployment.from_dict(MADE.to_dict() | {"more": 1})


def test_an_agent_that_is_not_deployed_is_refused_with_those_that_are() -> None:
    assert MADE.implementation("TreasuryAgent") == "g"
    with pytest.raises(ConfigError, match="use one of TreasuryAgent"):
        MADE.implementation("Nothing")


@pytest.mark.parametrize(
    ("field", "value"),
    [("block", "2"), ("everloop", 7), ("governor", None), ("implementations", {"A": 3})],
)
def test_a_field_of_another_type_is_named(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"is not a deployment \\({field} is "):
        Deployment.from_dict(MADE.to_dict() | {field: value})
