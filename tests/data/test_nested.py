"""Nested lists of pixels are read as JSON reads them, and nothing else is taken for them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapa.data.nested import extent, pixels

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 1, 3), (1, 5, 3), (7, 4, 3)])
@pytest.mark.parametrize("form", [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}])
def test_pixels_are_what_json_reads(shape, form):
    picture = RNG.integers(0, 256, shape, np.uint8)
    text = json.dumps(picture.tolist(), **form).encode()
    found = pixels(text)
    assert found.dtype == np.uint8 and np.array_equal(found, picture)
    whole = b'{"image": ' + text + b' , "instruction": "[1, 2]"}'
    assert whole[10 : extent(whole, 10)] == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[]", "rows of one length"),
        (b"[[1,2,3]]", "rows of one length"),
        (b"[[[1,2,3],[4]]]", "rows of one length"),
        (b"[[[1,2,3]],[[1,2,3],[4,5,6]]]", "rows of one length"),
        (b"[[[1,2,3,4]]]", "rows of one length"),
        (b"[[[1,2,3]]", "rows of one length"),
        (b"[[[1,2,3]]]]", "rows of one length"),
        (b"[[[1,2,3]][[1,2,3]]]", "rows of one length"),
        (b"[[[1,,3]]]", "rows of one length"),
        (b"[[[,1,2]]]", "rows of one length"),
        (b"[[[,,]]]", "rows of one length"),
        (b"[[[1 2,3,4]]]", "rows of one length"),
        (b"[[5[1,2,3]]]", "rows of one length"),
        (b"[[[1,2,3]5]]", "rows of one length"),
        (b"[[[1,2,256]]]", "0 to 255"),
        (b"[[[1,2,99999999999999999999]]]", "0 to 255"),
    ],
)
def test_anything_else_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        pixels(text)


@settings(max_examples=300, deadline=None)
@given(st.text("[],012 ", max_size=14))
def test_what_is_read_is_json(middle):
    text = f"[[[{middle}]]]"
    try:
        found = pixels(text.encode())
    except ValueError:
        return
    # zeros before a number are the one thing that JSON minds and this does not
    digits = [part.strip(" []") for part in text.split(",")]
    if not any(len(part) > 1 and part[0] == "0" for part in digits):
        assert np.array_equal(found, json.loads(text))
