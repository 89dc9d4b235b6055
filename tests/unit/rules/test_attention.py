"""News and attention, hour by hour."""

import numpy as np
import pytest

from sim.rules.attention import AttentionParameters, attack_news, next_attention, novelty


def test_attack_news_of_the_reference_volume_is_the_parameter():
    p = AttentionParameters()
    assert attack_news(5000.0, 0.0, p) == pytest.approx(p.attack)


def test_an_attack_is_told_louder_the_more_report_it_up_to_a_tenth():
    p = AttentionParameters(reporters_bonus=2.0)
    told = [attack_news(5000.0, share, p) / p.attack for share in (0.0, 0.05, 0.1, 0.3)]
    assert told == pytest.approx([1.0, 2.0, 3.0, 3.0])
    half = np.log1p(500.0 / p.attack_scale) / np.log1p(5000.0 / p.attack_scale)
    assert attack_news(500.0, 0.0, p) / p.attack == pytest.approx(half)
    assert attack_news(0.0, 0.5, p) == 0.0


def test_an_attack_loses_news_value_by_its_age_and_at_0_none_of_it():
    p = AttentionParameters(novelty=50.0)
    assert [novelty(h, p) for h in (0.0, 50.0, 100.0)] == pytest.approx(np.exp([0.0, -1.0, -2.0]))
    assert novelty(-7.0, p) == 1.0  # no attack yet
    assert novelty(1e6, p._replace(novelty=0.0)) == 1.0


def test_attention_rises_with_news_towards_one():
    p = AttentionParameters(memory=1e3)
    kept = np.exp(-1 / 1e3)
    assert next_attention(0.0, 0.7, p) == pytest.approx(1 - np.exp(-0.7))
    assert next_attention(0.5, 0.7, p) == pytest.approx(0.5 * kept + 0.5 * (1 - np.exp(-0.7)))


def test_attention_only_fades_without_news():
    p = AttentionParameters()
    assert next_attention(0.5, 0.0, p) == pytest.approx(0.5 * np.exp(-1 / p.memory))
