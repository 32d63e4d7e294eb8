"""Views become small, exact records: JPEG data URLs, codes as written, figures in words."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from app.core.codes import latent_action
from app.core.views import Clip, Figures, Model, Prediction, Sweep
from app.web import records


def decoded(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])))


def smooth(side: int = 64) -> np.ndarray:
    ramp = np.linspace(0, 255, side, dtype=np.uint8)
    return np.stack(
        [
            np.tile(ramp, (side, 1)),
            np.tile(ramp[:, None], (1, side)),
            np.full((side, side), 90, np.uint8),
        ],
        -1,
    )


def prediction(**changes) -> Prediction:
    image = smooth()
    values = {
        "model": Model("squares", "Squares"),
        "clip": Clip("a", "s", "panda", "lift", "", 10.0, 20, 48, 64, "holdout"),
        "index": 3,
        "codes": (3, 1, 0, 6),
        "frame": image,
        "image": image,
        "future": image,
        "future_index": 8,
        "inferred": (3, 1, 0, 6),
        "figures": Figures(27.53, 25.0, 0.5581, "Closer."),
        "milliseconds": 12.34,
        "chance": "Random codes are not.",
        "blur": "Blurred where it moves.",
    }
    return Prediction(**{**values, **changes})


def test_a_data_url_is_a_jpeg_close_to_the_image() -> None:
    image = smooth()
    url = records.data_url(image)
    back = decoded(url)
    assert url.startswith("data:image/jpeg;base64,") and back.format == "JPEG"
    assert back.size == (64, 64)
    assert np.abs(np.asarray(back).astype(int) - image).mean() < 2


def test_a_thumbnail_is_small_and_keeps_its_shape() -> None:
    wide = np.zeros((300, 600, 3), np.uint8)
    url = records.thumb_url(wide)
    assert decoded(url).size == (160, 80)
    assert len(url) < 5000


@pytest.mark.parametrize("side", [20, 160])
def test_a_small_image_is_not_enlarged(side: int) -> None:
    assert decoded(records.thumb_url(np.zeros((side, side, 3), np.uint8))).size == (side, side)


def test_a_latent_action_is_written_one_way() -> None:
    assert latent_action(np.array([3, 1, 0, 6])) == "[3,1,0,6]"
    assert latent_action([3, None, 0, None]) == "[3,*,0,*]"


@pytest.mark.parametrize(
    ("count", "text"), [(5_123_456, "5.1 million"), (100_000, "0.1 million"), (99_999, "99 999")]
)
def test_parameters_in_words(count: int, text: str) -> None:
    assert records.in_millions(count) == text


def test_a_prediction_record_is_plain_json() -> None:
    record = json.loads(json.dumps(records.prediction_record(prediction())))
    assert record["codes"] == record["inferred"] == [3, 1, 0, 6]
    assert record["figures"] == {
        "psnr": "27.5 dB",
        "copy": "25.0 dB",
        "ratio": 0.558,
        "sentence": "Closer.",
        "chance": "Random codes are not.",
        "blur": "Blurred where it moves.",
    }
    assert record["aspect"] == 1.3333 and record["futureIndex"] == 8


def test_a_prediction_without_a_future() -> None:
    missing = {"future": None, "future_index": None, "inferred": None, "figures": None}
    record = records.prediction_record(prediction(**missing, note="The clip ends."))
    assert record["future"] is record["inferred"] is record["figures"] is None
    assert record["note"] == "The clip ends."


def test_an_exact_match_has_no_infinite_number() -> None:
    record = records.figures_record(Figures(float("inf"), 30.0, None, "Nothing moves."))
    assert record["psnr"] == "identical" and record["ratio"] is None
    json.dumps(record, allow_nan=False)


def test_a_sweep_record_keeps_order() -> None:
    codes = tuple((k, 0, 0, 0) for k in range(8))
    sweep = Sweep(0, (smooth(),) * 8, codes, tuple(k / 3 for k in range(8)))
    record = records.sweep_record(sweep)
    assert [item["codes"][0] for item in record["items"]] == list(range(8))


def test_a_sweep_with_missing_images_is_refused() -> None:
    with pytest.raises(ValueError):
        records.sweep_record(Sweep(0, (smooth(),), ((0, 0), (1, 0)), (0.0, 1.0)))
