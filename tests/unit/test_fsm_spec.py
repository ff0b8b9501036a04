"""Specifications: files of strangers, the seven fields, the second section."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sdk.errors import SpecError
from agent_sdk.fsm.draft import FIELDS
from agent_sdk.fsm.finding import RulesBroken
from agent_sdk.fsm.source import MAX_BYTES, read
from agent_sdk.fsm.spec import RoundKind, Spec

DATA = Path(__file__).parent / "data/fsm"
SPECS = sorted((DATA / "specs").glob("*.yaml"))
GOOD = (DATA / "specs/RegisterResetAbciApp__9658e2989f.yaml").read_text("utf-8")


def fields(**changed: Any) -> dict[str, Any]:
    """Return a sound specification with some fields changed."""
    return {
        "label": "AAbciApp",
        "states": ["A1Round", "FinishedARound"],
        "default_start_state": "A1Round",
        "start_states": ["A1Round"],
        "final_states": ["FinishedARound"],
        "alphabet_in": ["DONE"],
        "transition_func": {"(A1Round, DONE)": "FinishedARound"},
    } | changed


def rules(error: pytest.ExceptionInfo[RulesBroken]) -> list[str]:
    return [finding.rule for finding in error.value.findings]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_published_files_load_and_are_written_back_unchanged(path: Path) -> None:
    spec = Spec.load(path)
    published = yaml.safe_load(path.read_text("utf-8"))
    lists = {name: sorted(value) for name, value in published.items() if isinstance(value, list)}
    assert published | lists == spec.to_dict()
    assert spec == Spec.from_dict(yaml.safe_load(spec.dumps()))
    assert spec == Spec.from_dict(json.loads(spec.dumps(form="json")))


def test_most_published_files_are_written_back_byte_for_byte() -> None:
    # The others have lists or transitions in another order.
    same = [path for path in SPECS if Spec.load(path).dumps() == path.read_text("utf-8")]
    assert len(same) == 50


def test_a_name_ending_in_json_is_json(tmp_path: Path) -> None:
    for name, start in (("a.json", "{"), ("a.yaml", "alphabet_in:")):
        spec = Spec.from_dict(fields())
        spec.save(tmp_path / name)
        assert (tmp_path / name).read_text().startswith(start)
        assert Spec.load(tmp_path / name) == spec


def test_the_fields_are_those_of_the_framework() -> None:
    assert set(Spec.from_dict(fields()).to_dict()) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_needed(name: str) -> None:
    data = fields()
    del data[name]
    with pytest.raises(RulesBroken, match=f"`{name}` is missing") as error:
        Spec.from_dict(data)
    assert rules(error) == ["missing-field"]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [None, 1, 1.5, True, {1: 2}, [None], [["A1Round"]], 2**9000])
def test_values_of_a_wrong_type_are_named(name: str, value: Any) -> None:
    with pytest.raises(RulesBroken) as error:
        Spec.from_dict(fields(**{name: value}), file="app.yaml")
    assert set(rules(error)) <= {"wrong-type", "transition-key"}
    assert f"`{name}`" in error.value.findings[0].message
    assert error.value.findings[0].file == "app.yaml"


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_a_file_must_hold_a_mapping(data: Any) -> None:
    with pytest.raises(RulesBroken, match="write the fields"):
        Spec.from_dict(data)


class TestTransitionKeys:
    """(State, EVENT), spaces free · anything else is named · compat finds a pair anywhere."""

    @pytest.mark.parametrize("key", ["(A1Round, DONE)", "(A1Round,DONE)", "( A1Round ,  DONE )"])
    def test_spaces_are_free(self, key: str) -> None:
        spec = Spec.from_dict(fields(transition_func={key: "FinishedARound"}))
        assert dict(spec.transition_func) == {("A1Round", "DONE"): "FinishedARound"}

    @pytest.mark.parametrize(
        "key",
        [
            "A1Round, DONE", "(A1Round DONE)", "(A1Round, )", "(, DONE)", "", "(A1-Round, DONE)",
            "(A1Round, DONE) ", "x(A1Round, DONE)", "(A, B, C)", "(é, DONE)", 1, None, True,
        ],
    )  # fmt: skip
    def test_other_keys_are_refused(self, key: Any) -> None:
        with pytest.raises(RulesBroken) as error:
            Spec.from_dict(fields(transition_func={key: "FinishedARound"}))
        assert rules(error) == ["transition-key"]

    def test_compat_finds_a_pair_anywhere(self) -> None:
        data = fields(transition_func={"a (A1Round,  DONE) b": "FinishedARound"})
        assert ("A1Round", "DONE") in Spec.from_dict(data, compat=True).transition_func

    def test_two_spellings_of_one_key_are_named(self) -> None:
        both = {"(A1Round, DONE)": "FinishedARound", "(A1Round,DONE)": "A1Round"}
        with pytest.raises(RulesBroken, match=r"state A1Round .* event DONE") as error:
            Spec.from_dict(fields(transition_func=both))
        assert rules(error) == ["transition-twice"]
        spec = Spec.from_dict(fields(transition_func=both), compat=True)
        assert spec.transition_func["A1Round", "DONE"] == "A1Round"

    @pytest.mark.parametrize("target", [None, True, 1, ["A1Round"], {}])
    def test_targets_are_names(self, target: Any) -> None:
        with pytest.raises(RulesBroken, match="state A1Round on event DONE"):
            Spec.from_dict(fields(transition_func={"(A1Round, DONE)": target}))


class TestFiles:
    """unreadable · not UTF-8 · too large · bottomless · bombs · tags · repeated keys."""

    BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
    )

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("bytes.yaml", b"\xff\xfe", "is not UTF-8 at byte 0"),
            ("nul.yaml", b"a: \0", "is not YAML"),
            ("open.json", b'{"label": ', "is not JSON"),
            ("large.yaml", b"#" * (MAX_BYTES + 1), f"more than {MAX_BYTES} bytes"),
            ("deep.yaml", b"[" * 100_000, "nests deeper than 32"),
            ("deep.json", b"[" * 100_000, "is not JSON"),
            ("bomb.yaml", BOMB.encode(), "unfolds into more than"),
            ("self.yaml", b"a: &a [*a]", "contains itself"),
            ("merge.yaml", b"a: &a {x: y}\nb: {<<: *a}", "line 2: merge keys"),
            ("tag.yaml", b"label: !!python/name:os.system", "tag"),
            ("tags.yaml", b"label: !!set {a}", "tag"),
            ("two.yaml", b"a: b\n---\nc: d", "is not YAML"),
            ("list.yaml", b"? [a]\n: b", "a key must be text"),
            ("digits.yaml", b"a: " + b"9" * 10_000, "is not YAML"),
            ("digits.json", b'{"a": ' + b"9" * 10_000 + b"}", "is not JSON"),
        ],
        ids=lambda value: value[:16] if isinstance(value, str) else "bytes",
    )
    def test_are_refused(self, name: str, content: bytes, message: str, tmp_path: Path) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RulesBroken, match=message) as error:
            Spec.load(tmp_path / name)
        assert rules(error) == ["file"]
        assert error.value.findings[0].file == str(tmp_path / name)

    @pytest.mark.parametrize("path", ["none.yaml", ".", "a\0b", "/dev/zero"])
    def test_that_cannot_be_read_are_findings(
        self, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        source = read(path)
        assert source.broken
        assert [finding.rule for finding in source.findings] == ["file"]

    @pytest.mark.parametrize("name", ["a.yaml", "a.json"])
    def test_repeated_keys_are_named_and_the_last_counts_for_compat(
        self, name: str, tmp_path: Path
    ) -> None:
        text = json.dumps(fields()).replace('"label"', '"label": "XAbciApp", "label"')
        (tmp_path / name).write_text(text)
        with pytest.raises(RulesBroken, match="'label' stands twice") as error:
            Spec.load(tmp_path / name)
        assert rules(error) == ["duplicate-key"]
        assert Spec.load(tmp_path / name, compat=True).label == "AAbciApp"

    def test_a_byte_order_mark_and_a_shared_list_are_read(self, tmp_path: Path) -> None:
        states = ["A1Round"]
        loop = fields(
            states=states,
            start_states=states,
            final_states=[],
            transition_func={"(A1Round, DONE)": "A1Round"},
        )
        text = yaml.safe_dump(loop)
        assert "&id001" in text
        (tmp_path / "a.yaml").write_text("\ufeff" + text, encoding="utf-8")
        assert Spec.load(tmp_path / "a.yaml").states == {"A1Round"}

    def test_yaml_turns_no_into_false_and_the_message_says_quotes(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(GOOD.replace("- DONE", "- NO\n- DONE"))
        with pytest.raises(RulesBroken, match=r"`alphabet_in` holds False; .*quotes"):
            Spec.load(tmp_path / "a.yaml")

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_value_or_findings(self, content: bytes) -> None:
        path = Path(self._folder) / "any.yaml"
        path.write_bytes(content)
        source = read(path)
        assert source.broken == any(finding.rule == "file" for finding in source.findings)
        with pytest.raises(SpecError):
            Spec.load(path)

    @pytest.fixture(autouse=True)
    def _keep_folder(self, tmp_path: Path) -> None:
        type(self)._folder = str(tmp_path)

    _folder = ""


class TestRounds:
    """kind and payload are needed · every field is checked · the section survives a round trip."""

    ROUND: dict[str, Any] = {  # noqa: RUF012 - tests change copies of it
        "kind": "CollectSameUntilThreshold",
        "payload": "uint256",
        "keys": ["price"],
        "seconds": 30,
        "events": {"TIMEOUT": "ROUND_TIMEOUT"},
    }

    def load(self, **changed: Any) -> Spec:
        one = {name: value for name, value in (self.ROUND | changed).items() if value != "absent"}
        return Spec.from_dict(fields(rounds={"A1Round": one}))

    @pytest.mark.parametrize("kind", RoundKind)
    def test_every_kind_is_known(self, kind: RoundKind) -> None:
        assert self.load(kind=str(kind)).rounds["A1Round"].kind is kind

    def test_a_section_survives_a_round_trip(self) -> None:
        spec = self.load(
            kind="CollectDifferentUntilThreshold", confirmations=2, seconds=1.5, action="period"
        )
        assert spec == Spec.from_dict(yaml.safe_load(spec.dumps()))
        assert "rounds" not in spec.to_dict()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kind", "Collect"), ("kind", "absent"), ("kind", ["Voting"]),
            ("payload", "absent"), ("payload", "uint257"), ("payload", "uint"), ("payload", 1),
            ("payload", "(uint256"), ("payload", "mapping(address=>uint256)"),
            ("keys", "price"), ("keys", ["Price"]), ("keys", [1]), ("keys", ["a", "a"]),
            ("seconds", 0), ("seconds", -1), ("seconds", True), ("seconds", "30"),
            ("seconds", float("inf")), ("seconds", float("nan")), ("seconds", 2**32),
            ("confirmations", 1.5), ("confirmations", 0), ("confirmations", 2**16),
            ("action", "pay"), ("action", ["period"]),
            ("events", ["DONE"]), ("events", {"OTHER": "X"}), ("events", {"DONE": None}),
            ("second", 30),
        ],
    )  # fmt: skip
    def test_wrong_fields_are_named_with_their_state(self, name: str, value: Any) -> None:
        with pytest.raises(RulesBroken, match=f"state A1Round: .*{name.rstrip('s')}") as error:
            self.load(**{name: value})
        assert rules(error) == ["round-field"]

    @pytest.mark.parametrize("rounds", [None, [], "text", {"A1Round": None}, {"A1Round": []}])
    def test_a_section_must_be_a_mapping_of_mappings(self, rounds: Any) -> None:
        with pytest.raises(RulesBroken, match="mapping"):
            Spec.from_dict(fields(rounds=rounds))

    def test_compat_knows_no_second_section(self) -> None:
        with pytest.raises(RulesBroken, match="'rounds' is unknown"):
            Spec.from_dict(fields(rounds={}), compat=True)
