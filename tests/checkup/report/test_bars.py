"""Bars as people write them, and what breaks one."""

from __future__ import annotations

import pytest

from lapa.checkup import Bar, broken, keys


@pytest.mark.parametrize(
    "text, bar",
    [
        ("ratio<=0.45", Bar("ratio", "<=", 0.45)),
        (" delta_psnr >= 2.5 ", Bar("delta_psnr", ">=", 2.5)),
        ("leak<1e0", Bar("leak", "<", 1.0)),
        ("s_pcfc>-1", Bar("s_pcfc", ">", -1.0)),
    ],
)
def test_bars_are_read(text, bar):
    assert Bar.parse(text) == bar


@pytest.mark.parametrize(
    "text, told",
    [
        ("ratio", "is not a bar"),
        ("ratio=0.45", "is not a bar"),
        ("<=0.45", "is not a bar"),
        ("ratoi<=0.45", "no figure is called 'ratoi'; bars know use, perplexity, ratio"),
        ("ratio<=much", "'much', which is not a finite number"),
        ("ratio<=nan", "not a finite number"),
    ],
)
def test_what_is_no_bar_gets_a_sentence(text, told):
    with pytest.raises(ValueError, match=told) as error:
        Bar.parse(text)
    assert "\n" not in str(error.value)


def test_every_key_can_be_held(report):
    bars = [Bar(key, ">", -1e9) for key in keys()]
    assert broken(report("oracle"), bars) == []


def test_a_broken_bar_names_the_figure(report):
    told = broken(report("copier"), [Bar.parse("ratio<=0.45"), Bar.parse("use>=5")])
    assert told == ["ratio <= 0.45 is broken: Closer-to-the-future ratio is 1.00 (1.00 to 1.00)."]


@pytest.mark.parametrize("sign", ["<=", ">=", "<", ">"])
def test_what_is_unknown_holds_no_bar(blind, sign):
    (told,) = broken(blind, [Bar("transfer", sign, 0)])
    assert "cannot be held: Unknown: these clips show one embodiment only." in told
