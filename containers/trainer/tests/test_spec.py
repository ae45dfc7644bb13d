from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import generate_spec, train_spec

from sluice_trainer import json_schema
from sluice_trainer.environment import contract_variables
from sluice_trainer.exits import TrainerExit
from sluice_trainer.spec import read_spec

EMITTED = Path(__file__).parents[3] / "schemas/json"


@pytest.fixture(params=["sft", "dpo", "grpo", "generate"])
def spec(request, tmp_path):
    data = {"name": "d", "uri": "file:///d.jsonl", "digest": "2" * 64, "rows": 1}
    if request.param == "generate":
        return generate_spec(tmp_path, data, tmp_path / "out")
    return train_spec(request.param, tmp_path, data, tmp_path / "out")


def test_the_schemas_are_those_that_the_control_plane_emits():
    own = Path(json_schema.__file__).parent / "schemas"
    for path in own.glob("*.json"):
        emitted = EMITTED / path.name
        same = json.loads(path.read_text()) == json.loads(emitted.read_text())
        assert same, f"cp schemas/json/{path.name} {own} && biome check --write {own}"


def test_no_schema_uses_a_keyword_that_is_not_looked_at():
    known = set(json_schema._SILENT) | {
        *("type", "const", "enum", "pattern", "minLength", "maxLength", "minItems", "minimum", "maximum"),
        *("exclusiveMinimum", "exclusiveMaximum", "anyOf", "oneOf", "properties", "items", "required"),
        *("additionalProperties", "propertyNames"),
    }

    def keywords(rules) -> set[str]:
        inner = [*rules.get("anyOf", []), *rules.get("oneOf", []), *rules.get("properties", {}).values()]
        inner += [rules[key] for key in ("items", "additionalProperties") if isinstance(rules.get(key), dict)]
        return set(rules).union(*(keywords(each) for each in inner))

    for path in (Path(json_schema.__file__).parent / "schemas").glob("*.json"):
        assert keywords(json.loads(path.read_text())) <= known


def test_a_good_spec_is_read(spec, tmp_path):
    (tmp_path / "a spec.json").write_text(json.dumps(spec))
    assert read_spec((tmp_path / "a spec.json").as_uri()) == spec


def test_every_missing_and_every_unknown_field_is_named(spec):
    for name in spec:
        found = json_schema.problems_of("trainer-spec", {key: value for key, value in spec.items() if key != name})
        assert any(f"/{name}" in problem for problem in found), name
    assert json_schema.problems_of("trainer-spec", {**spec, "extra": 1}) == ["/extra: is not a known key"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"job": "job-1"}, "/job: 'job-1' does not match"),
        ({"job": "job-" + "a" * 20 + "\n"}, "/job"),
        ({"seed": 1.5}, "/seed: must be of type integer"),
        ({"seed": True}, "/seed: must be of type integer"),
        ({"seed": -1}, "/seed: -1 breaks minimum 0"),
        ({"output_uri": "https://x"}, "/output_uri"),
        ({"dataset": {"name": "d", "uri": "file:///d", "digest": "2" * 63, "rows": 0}}, "/dataset/rows"),
        ({"ticket": {"payload": "", "key_id": "", "signature": "%"}}, "/ticket/signature"),
    ],
)
def test_wrong_values_are_named_with_their_place(spec, change, said):
    found = json_schema.problems_of("trainer-spec", {**spec, **change})
    assert any(problem.startswith(said) for problem in found), found


def test_several_problems_come_at_once_as_bad_input(spec, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps({**spec, "seed": "x", "job": "", "profile": "test"}))
    with pytest.raises(TrainerExit) as end:
        read_spec((tmp_path / "spec.json").as_uri())
    assert end.value.code == 65
    assert len(end.value.problems) == 3


@pytest.mark.parametrize("content", [None, "", "[1,", "null"])
def test_what_is_no_spec_is_bad_input(content, tmp_path):
    if content is not None:
        (tmp_path / "spec.json").write_text(content)
    with pytest.raises(TrainerExit) as end:
        read_spec((tmp_path / "spec.json").as_uri())
    assert end.value.code == 65


def test_missing_variables_are_named_together():
    with pytest.raises(TrainerExit) as end:
        contract_variables({})
    assert "SLUICE_SPEC_URI" in str(end.value) and "SLUICE_TICKET_PUBLIC_KEY" in str(end.value)


def test_other_schemes_and_hosts_are_refused():
    for uri in ("https://host/spec.json", "file://elsewhere/spec.json"):
        with pytest.raises(TrainerExit) as end:
            read_spec(uri)
        assert end.value.code == 65
