from __future__ import annotations

import re

import pytest
import re2

from sluice_trainer import patterns
from sluice_trainer.rewards import reward_functions, reward_problems

TEXTS = [
    "",
    "7",
    "<answer>12</answer>",
    "<answer>12</answer>\n",
    "so\n<answer> 3 4 </answer> and <answer>5</answer>",
    "#### 42\n",
    "a\x0bb",
    "a b\tc",
    "Ä é ſ K",  # noqa: RUF001
    "٣",
    "a-b]c[d&&e||f~~g",
    "x.y*z",
    "{7}",
    "aAaA",
    "\x07!",
]
SAME = [
    r"<answer>\d+</answer>",
    r"^<answer>(\d+)</answer>$",
    r"<answer>(.*?)</answer>",
    r"####\s*(-?\d+)",
    r"a.b",
    r"\w+",
    r"[\w\s]+",
    r"\bK\b",
    r"\S+$",
    r"[^\d]+",
    r"(?i)x[a-z]+",
    r"(?is)A.*",
    r"(?i:a)A+",
    r"(?P<x>\d)(?:7|2)?",
    r"(?<x>\d+)",
    r"\Qx.y*\Ez",
    r"\x{e9}|\x41",
    r"[]]",
    r"[^]]+",
    r"[a-b\]\[]+",
    r"[&|~]{2}",
    r"a|b|",
    r"\A\d\z",
    r"\a!",
    r"[$]|\$",
    r"a{1,2}A",
    r"[\a]",
]


def options() -> re2.Options:
    chosen = re2.Options()
    chosen.dot_nl = True
    chosen.log_errors = False
    return chosen


@pytest.mark.parametrize("source", SAME)
def test_the_translation_reads_as_re2_does(source):
    own = re.compile(patterns.translate(source), re.DOTALL | re.ASCII)
    other = re2.compile(source, options())
    for text in TEXTS:
        assert (own.fullmatch(text) is None) == (other.fullmatch(text) is None), text
        mine, theirs = ([match.group(0) for match in each.finditer(text)] for each in (own, other))
        assert mine == theirs, text


def test_the_table_can_tell_python_and_re2_apart():
    assert re.fullmatch(r"a\sb", "a\x0bb") and not re2.fullmatch(r"a\sb", "a\x0bb")
    assert re.search(r"42$", "42\n") and not re2.search(r"42$", "42\n")


@pytest.mark.parametrize(
    "source", [r"\pL", r"\C", "[[:alpha:]]", "(?m)^a$", "(?U)a+", "a(?i)b", r"[\S]", r"\1", "a(?=b)", "{7}"]
)
def test_what_only_re2_reads_is_refused_without_it(source, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "re2", None)
    with pytest.raises(ValueError, match=r"install google-re2|cannot be read"):
        patterns.compile_pattern(source)
    assert "rewards/0" in reward_problems([{"type": "format", "pattern": source, "weight": 1}])[0]


@pytest.mark.parametrize("source", ["(", "a(?=b)", r"\1"])
def test_what_nobody_reads_is_a_problem_and_no_crash(source):
    assert "cannot be read" in reward_problems([{"type": "format", "pattern": source, "weight": 1}])[0]


@pytest.mark.parametrize("has_re2", [True, False])
def test_the_last_answer_is_trimmed_and_folded(has_re2, monkeypatch):
    if not has_re2:
        monkeypatch.setitem(__import__("sys").modules, "re2", None)
    pattern = patterns.compile_pattern(r"<answer>(.*?)</answer>")
    assert pattern.last_answer("<answer>1</answer> <answer> 3 \n 4</answer>") == "3 4"
    assert pattern.last_answer("none") is None
    assert patterns.compile_pattern(r"\d+").last_answer("1 22") == "22"
    assert pattern.matches_all("<answer>1\n2</answer>") and not pattern.matches_all("<answer>1</answer>\n")


def test_rewards_score_and_log_the_extremes_of_the_weighted_sum():
    rewards = [
        {"type": "format", "pattern": r"<a>\d</a>", "weight": 1},
        {"type": "exact_match", "answer_pattern": r"<a>(\d)</a>", "weight": 0.5},
    ]
    replies = {0: "<a>1</a>", 1: "<a>2</a>", 2: "x"}
    functions = reward_functions(rewards, lambda ids: replies[ids[0]])
    logged: dict[str, float] = {}
    for _ in range(2):
        given = [
            function(completion_ids=[[0], [1], [2]], answer=["1", "1", "1"], log_metric=logged.__setitem__)
            for function in functions
        ]
    assert given == [[1, 1, 0], [1, 0, 0]]
    assert logged == {"reward_max": 1.5, "reward_min": 0}
    assert len({function.__name__ for function in functions}) == 2
