"""How many codes: a nested model's first codes alone, and no word of it for any other model."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.limits import UserError
from app.web.records import model_record


def nested(quantizer):
    """The small quantizer, of which what is left out adds nothing."""
    quantizer.config.nested = True
    whole = quantizer.decode

    def decode(scene, codes, *, size=None):
        left_out = quantizer.config.code_length - len(codes)
        return whole(scene, np.pad(codes, (0, left_out)), size=size)

    quantizer.decode = decode
    return quantizer


def test_each_length_has_its_picture(make_explorer, quantizer) -> None:
    explorer = make_explorer(load=lambda folder: nested(quantizer))
    assert model_record(explorer.models.get("small"))["nested"] is True
    images = explorer.explore.shortened("small", "red-push-0", 0, [1, 2, 3, 4])
    assert len(images) == 4
    seen = explorer.explore.predict("small", "red-push-0", 0, [1, 2, 3, 4])
    np.testing.assert_array_equal(images[-1], seen.image)
    for many, image in enumerate(images, start=1):
        alone = [1, 2, 3, 4][:many] + [0] * (4 - many)
        shown = explorer.explore.predict("small", "red-push-0", 0, alone).image
        np.testing.assert_array_equal(image, shown)
    calls = quantizer.calls.count("decode")
    explorer.explore.shortened("small", "red-push-0", 0, "[1,2,3,4]")
    assert quantizer.calls.count("decode") == calls


def test_other_models_have_none(make_explorer) -> None:
    explorer = make_explorer()
    assert model_record(explorer.models.get("small"))["nested"] is False
    with pytest.raises(UserError, match="small was not trained so that its first codes alone"):
        explorer.explore.shortened("small", "red-push-0", 0, [1, 2, 3, 4])
