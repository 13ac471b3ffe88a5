"""Scores, intervals and the two baselines that the model has to beat."""

import numpy as np
import pytest
from models.starter.evaluation.baselines import CachedNGram, NGram, similar_line
from models.starter.evaluation.evaluate import Result, summarize
from models.starter.evaluation.scores import edit_similarity, exact_match, identifier_f1, paired_interval


def test_scores_look_at_as_many_lines_as_the_truth_has() -> None:
    assert exact_match("\n  value)\nnext()", "value)") == 1.0
    assert exact_match("value)", "other)") == 0.0
    assert edit_similarity("abcd\nrest", "abed") == pytest.approx(0.75)
    assert edit_similarity("", "abc") == 0.0
    assert identifier_f1("self.load(path)", "self.save(path)") == pytest.approx(2 / 3)


def test_paired_intervals_know_a_real_difference_from_noise() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(300)
    mean, low, high = paired_interval(list(base + 0.1 + 0.05 * rng.standard_normal(300)), list(base))
    assert low > 0 and low < mean < high
    _, low, high = paired_interval(list(base + 0.05 * rng.standard_normal(300)), list(base))
    assert low < 0.01 and high > -0.01


def test_ngram_probabilities_sum_to_one_and_follow_the_counts() -> None:
    model = NGram(np.array([1, 2, 3, 1, 2, 3, 1, 2, 4]), vocabulary=6)
    after = model.probabilities([1, 2])
    assert after.sum() == pytest.approx(1.0)
    assert after.argmax() == 3 and after[4] > after[5] > 0


def test_ngrams_do_not_cross_special_tokens() -> None:
    model = NGram(np.array([1, 9, 2, 1, 9, 2]), vocabulary=6)
    assert model.probabilities([1])[2] == pytest.approx(model.probabilities([5])[2])


def test_the_cache_knows_the_current_file() -> None:
    general = NGram(np.array([1, 2, 3] * 20), vocabulary=6)
    cached = CachedNGram(general, vocabulary=6)
    cached.open([1, 2, 5, 1, 2, 5], [])
    assert cached.probabilities([1, 2])[5] > general.probabilities([1, 2])[5]
    assert cached.probabilities([1, 2]).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("prefix", "rest"),
    [
        ("self.name = name\nself.size = size\nother\nself.na", "me = name"),
        ("a = load(1)\na = load(2)\nb = lo", "ad(2)"),
        ("nothing\nxyz", ""),
    ],
)
def test_similar_line(prefix: str, rest: str) -> None:
    assert similar_line(prefix) == rest


def test_the_summary_compares_only_tasks_that_both_answered() -> None:
    rows = [
        _row("1", "model", 0.5),
        _row("2", "model", 0.1),
        _row("1", "model + context", 0.7),
        _row("1", "similar line", 0.2),
    ]
    rows.append(_row("2", "similar line", 0.0))
    differences = summarize(rows)["differences_with_95_percent_intervals"]
    assert isinstance(differences, dict)
    assert differences["model + context - model: edit_similarity"][0] == pytest.approx(20.0)
    assert differences["model - similar line: edit_similarity"][0] == pytest.approx(20.0)


def _row(task: str, completer: str, score: float) -> Result:
    return Result(task, "python", "line_rest", completer, "", "", 0.0, score, score, None, 1)
