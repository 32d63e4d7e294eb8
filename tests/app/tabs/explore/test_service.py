"""The service's answers: models, clips, predictions, sweeps, presets, and every refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.core.compare import against_chance, blur, compare, edges, gap_in_frames
from app.core.limits import Limits, UserError
from app.explorer import Explorer
from app.tabs.explore import link
from app.tabs.explore.events import stranger
from app.tabs.transfer.service import Pair


def test_importing_the_service_loads_no_model_library(root: Path) -> None:
    code = (
        "import sys, app.explorer, app.clips.decode; "
        "print([m for m in ('torch', 'lapa', 'av', 'gradio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_nothing_is_loaded_before_it_is_asked_for(make_explorer) -> None:
    loads = []
    service = make_explorer(load=loads.append, read=loads.append)
    assert service.explore and not loads


def test_models_are_described_and_loaded_once(make_explorer, quantizer) -> None:
    loads = []
    service = make_explorer(load=lambda folder: loads.append(folder.name) or quantizer)
    for _ in range(3):
        (model,) = service.models.all()
    assert model == service.models.get("small") and loads == ["small"]
    assert (model.title, model.image_size, model.code_length) == ("Small quantizer", 32, 4)
    assert (model.codebook_size, model.gap_seconds, model.parameters) == (8, 0.5, 1234)
    assert model.usable and model.error is None


def test_an_unknown_model_is_named(explorer: Explorer) -> None:
    with pytest.raises(UserError, match="no checkpoint 'large'; there are: small"):
        explorer.models.get("large")
    with pytest.raises(UserError, match="no checkpoint '../../etc'"):
        explorer.explore.predict("../../etc", "red-push-0", 0)


def fail(error: Exception):
    def load(folder: Path) -> None:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("the weights do not fit: missing stem.weight"), "missing stem.weight"),
        (FileNotFoundError("no model.safetensors"), "no model.safetensors"),
        (KeyError("dim"), "damaged or not a quantizer's"),
        (RuntimeError("internal\nassert"), "damaged or not a quantizer's"),
    ],
)
def test_a_bad_checkpoint_becomes_one_sentence(make_explorer, checkpoint, error, said) -> None:
    service = make_explorer(load=fail(error))
    (model,) = service.models.all()
    assert not model.usable and said in model.error and model.error.endswith(".")
    assert str(checkpoint.parent) not in model.error and "\n" not in model.error
    # the rest works
    assert service.clips.frame("red-push-0", 3).shape == (48, 64, 3)
    for ask in (
        lambda: service.explore.predict("small", "red-push-0", 0),
        lambda: service.explore.sweep("small", "red-push-0", 0, (0, 0, 0, 0), 1),
        lambda: service.explore.presets("small", "red-arm"),
    ):
        with pytest.raises(UserError) as caught:
            ask()
        assert str(caught.value) == model.error


def test_a_good_checkpoint_beside_a_bad_one_works(make_explorer, checkpoint, quantizer) -> None:
    (checkpoint.parent / "broken").mkdir()
    service = make_explorer()
    broken, small = service.models.all()
    assert "config.json and model.safetensors missing" in broken.error and small.usable
    assert service.explore.predict("small", "red-push-0", 0).image.shape == (256, 256, 3)


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_no_checkpoints_at_all(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "nowhere"
    if kind == "empty":
        folder.mkdir()
    (model,) = Explorer(folder, tmp_path).models.all()
    assert not model.usable and "nowhere" in model.error
    assert str(tmp_path) not in model.error


def test_the_folder_may_be_a_checkpoint_itself(checkpoint: Path, quantizer) -> None:
    service = Explorer(checkpoint, checkpoint, load=lambda folder: quantizer)
    assert [model.name for model in service.models.all()] == ["small"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "model.safetensors").write_bytes(b"\x10" * 40),
        lambda folder: (folder / "config.json").write_text("{nonsense"),
        lambda folder: (folder / "config.json").write_text('{"image_size": -3}'),
        lambda folder: (folder / "model.safetensors").unlink(),
    ],
    ids=["damaged weights", "no JSON", "impossible values", "no weights"],
)
def test_damaged_checkpoints_with_the_real_loader(checkpoint: Path, tmp_path: Path, harm) -> None:
    pytest.importorskip("torch")
    harm(checkpoint)
    (model,) = Explorer(checkpoint.parent, tmp_path).models.all()
    assert not model.usable and model.error.startswith("The checkpoint small cannot be loaded")
    assert str(tmp_path) not in model.error and model.error.count("\n") == 0


def test_clips_are_listed_and_filtered(explorer: Explorer) -> None:
    assert explorer.clips.embodiments() == ("blue-arm", "red-arm")
    assert explorer.clips.tasks("red-arm") == ("lift", "push") and explorer.clips.tasks() == (
        "lift",
        "push",
    )
    assert [clip.id for clip in explorer.clips.all("red-arm")] == ["red-lift-0", "red-push-0"]
    assert [clip.id for clip in explorer.clips.all(task="push")] == ["blue-push-0", "red-push-0"]
    clip = explorer.clips.get("red-push-0")
    assert (clip.frames, clip.fps, clip.height, clip.width) == (20, 10, 48, 64)
    assert clip.aspect == pytest.approx(4 / 3) and not clip.uploaded
    with pytest.raises(UserError, match="'green-arm'; there are: blue-arm, red-arm"):
        explorer.clips.all("green-arm")
    with pytest.raises(UserError, match="no clip 'nope'"):
        explorer.clips.get("nope")


def test_without_clips_the_page_says_so(tmp_path: Path, make_explorer) -> None:
    service = make_explorer(read=lambda folder: ([], None))
    assert service.clips.all() == () and "no clips" in service.clips.problem()
    broken = make_explorer(read=fail(ValueError("index 3 is no JSON")))
    assert broken.clips.all() == () and "index 3" in broken.clips.problem()
    assert Explorer(tmp_path, tmp_path / "gone").clips.problem()


def test_a_damaged_clip_is_one_sentence(make_explorer) -> None:
    class Damaged:
        id, source, embodiment, task, instruction = "bad-0", "small", "red-arm", "push", ""
        fps, split, height, width, length = 10.0, "holdout", 48, 64, 9

        @property
        def frames(self) -> np.ndarray:
            raise ValueError("holds 3 frames where the index says 9")

    service = make_explorer(read=lambda folder: ([Damaged()], None))
    with pytest.raises(UserError, match="bad-0 is damaged"):
        service.clips.frame("bad-0", 0)


def test_frames_and_thumbnails(explorer: Explorer) -> None:
    frame = explorer.clips.frame("red-push-0", 7)
    assert frame.shape == (48, 64, 3) and int(frame[0, 0, 0]) == 40 + 4 * 7
    with pytest.raises(ValueError, match="read-only"):
        frame[0] = 0
    assert explorer.clips.thumbnail("red-push-0").shape == (48, 64, 3)
    for index in (-1, 20, 2.5, "3", None):
        with pytest.raises(UserError, match="frames 0 to 19"):
            explorer.clips.frame("red-push-0", index)


def test_a_model_knows_the_embodiments_that_it_was_measured_on(make_explorer, checkpoint) -> None:
    assert make_explorer().models.get("small").embodiments == ()
    group = {"pairs": 3, "frequent": [], "still": [0, 0, 0, 0]}
    usage = {"pairs": 3, "overall": group, "embodiments": {"red-arm": group, "green-arm": group}}
    (checkpoint / "usage.json").write_text(json.dumps(usage))
    service = make_explorer()
    model = service.models.get("small")
    assert model.embodiments == ("green-arm", "red-arm")
    assert model.knows("red-arm") and not model.knows("blue-arm")
    assert service.clips.embodiments() == ("blue-arm", "red-arm")
    assert service.clips.embodiments(model) == ("red-arm",)
    red, blue = service.clips.get("red-push-0"), service.clips.get("blue-push-0")
    assert stranger(model, red) == ""
    assert stranger(model, blue) == (
        "small has not learned blue-arm: what it imagines here is a guess. It knows green-arm, "
        "red-arm."
    )
    wanted, _ = link.read({})
    clips = [blue, red]
    state, _ = link.settle(wanted, models=[model], clips=clips, opening=lambda clip: 0)
    assert state.clip == red.id, "a model opens on what it knows"
    carried = service.transfer.carry("small", Pair(blue.id, 0))
    assert {row.embodiment for row in carried.rows} == {"red-arm"}
    (checkpoint / "usage.json").write_text(
        json.dumps(usage | {"embodiments": {"green-arm": group}})
    )
    carried = make_explorer().transfer.carry("small", Pair(blue.id, 0))
    assert carried.rows == ()
    assert carried.sentence == (
        "No clip here shows a robot that small has learned, which are: green-arm."
    )


def test_a_prediction_with_inferred_codes(explorer: Explorer) -> None:
    seen = explorer.explore.predict("small", "red-push-0", 3)
    # five frames later, 4 levels brighter each, is 20 levels: 2.5 steps of 8, rounded to 2
    assert seen.gap_frames == 5 and seen.future_index == 8
    assert seen.codes == seen.inferred == (2, 2, 2, 2)
    assert np.array_equal(seen.image, seen.frame + 16)
    assert np.array_equal(seen.future, seen.frame + 20)
    assert seen.figures.mse_ratio == pytest.approx(4**2 / 20**2)
    assert "96 % closer" in seen.figures.sentence
    assert seen.figures.psnr > seen.figures.copy_psnr
    assert seen.note == "" and seen.milliseconds > 0 and seen.clip.aspect == pytest.approx(4 / 3)
    assert seen.frame.shape == seen.image.shape == seen.future.shape == (256, 256, 3)


@pytest.mark.parametrize("codes", [(0, 7, 0, 0), [0, 7, 0, 0], "[0,7,0,0]", np.array([0, 7, 0, 0])])
def test_a_prediction_with_given_codes(explorer: Explorer, codes) -> None:
    seen = explorer.explore.predict("small", "red-push-0", 3, codes)
    assert seen.codes == (0, 7, 0, 0) and seen.inferred == (2, 2, 2, 2)
    assert int(seen.image[0, -1, 0]) - int(seen.frame[0, -1, 0]) == 56


def test_the_gap_follows_the_clips_rate(explorer: Explorer) -> None:
    assert explorer.explore.predict("small", "blue-push-0", 1).future_index == 1 + 3


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [(0.5, 5, 3), (0.3, 5, 2), (0.6, 29.97, 18), (0.25, 10, 3), (0.05, 3, 1), (1.5, 7.5, 11)],
)
def test_the_gap_is_rounded_as_in_training(seconds: float, fps: float, frames: int) -> None:
    data = pytest.importorskip("lapa.data")
    assert gap_in_frames(seconds, fps) == data.gap_in_frames(seconds, fps) == frames


def test_at_the_end_of_a_clip_there_is_no_future(explorer: Explorer) -> None:
    assert explorer.explore.predict("small", "red-push-0", 14).future_index == 19
    seen = explorer.explore.predict("small", "red-push-0", 15)
    assert seen.future is seen.future_index is seen.inferred is seen.figures is None
    assert "ends before 0.5 s" in seen.note
    # nothing is known about what comes, so nothing is done
    assert seen.codes == (0, 0, 0, 0) and np.array_equal(seen.image, seen.frame)
    with pytest.raises(UserError, match="ends before"):
        explorer.explore.encode_clip("small", "red-push-0", 15)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((0, 0, 8, 0), "Code 8 at position 2 is out of range; the model small has codes 0 to 7"),
        ((0, -1, 0, 0), "Code -1 at position 1"),
        ("[0,0,0]", "4 positions, but 3 codes"),
        ("1,2,3,4,5", "4 positions, but 5 codes"),
        ("", r"written like \[0,0,0,0\]"),
        ("abc", "'abc' came"),
        ("[1,2,3,4", None),
        ((0.5, 0, 0, 0), "written like"),
        ((True, 0, 0, 0), "written like"),
        (("1", "2", "3", "4"), "written like"),
        ({"a": 1}, "written like"),
        (3, "written like"),
        ("9" * 500, "written like"),
        ((float("nan"), 0, 0, 0), "written like"),
        ((float("inf"), 0, 0, 0), "written like"),
    ],
)
def test_wrong_codes_are_named(explorer: Explorer, codes, said) -> None:
    if said is None:
        assert explorer.explore.predict("small", "red-push-0", 0, codes).codes == (1, 2, 3, 4)
        return
    with pytest.raises(UserError, match=said):
        explorer.explore.predict("small", "red-push-0", 0, codes)


@pytest.mark.parametrize("text", ["[3,1,0,6]", "3,1,0,6", " 3 1 0 6 ", "(3, 1, 0, 6)", "3;1;0;6"])
def test_codes_as_people_write_them(explorer: Explorer, text: str) -> None:
    assert explorer.explore.predict("small", "red-push-0", 0, text).codes == (3, 1, 0, 6)


def test_a_sweep_shows_every_value(explorer: Explorer) -> None:
    swept = explorer.explore.sweep("small", "red-push-0", 3, (1, 2, 3, 4), 2)
    assert swept.position == 2 and len(swept.images) == 8
    assert swept.codes == tuple((1, 2, k, 4) for k in range(8))
    for codes, image, change in zip(swept.codes, swept.images, swept.change, strict=True):
        seen = explorer.explore.predict("small", "red-push-0", 3, codes)
        assert np.array_equal(image, seen.image)
        assert change == pytest.approx(np.abs(image.astype(float) - seen.frame).mean())
    for position in (-1, 4, 1.5, "2", None, True):
        with pytest.raises(UserError, match="positions 0 to 3"):
            explorer.explore.sweep("small", "red-push-0", 3, (1, 2, 3, 4), position)


def test_random_codes_stand_beside_a_prediction_and_are_drawn_once(explorer, quantizer) -> None:
    """The clip gets 8 levels brighter everywhere; random codes brighten by 0 to 56."""
    seen = explorer.explore.predict("small", "red-push-0", 3)
    assert seen.figures.mse_ratio < 1
    assert seen.chance.startswith("Random codes on this frame are ")
    assert "12 % further from the future" in seen.chance
    quantizer.calls.clear()
    again = explorer.explore.predict("small", "red-push-0", 3, (7, 7, 7, 7))
    assert quantizer.calls == ["decode"]
    # the worst of all codes is no better than those at random
    assert "Random codes do as well here" in again.chance


def test_a_blurred_picture_is_said_where_it_moves_and_only_there() -> None:
    frame, future = (np.full((64, 64, 3), 100, np.uint8) for _ in range(2))
    frame[20:36, 10:26], future[20:36, 30:46] = 220, 220
    assert blur(future, edges(frame, future)) == ""
    # half of the contrast is a quarter of the squared edges
    faint = future.copy()
    faint[20:36, 30:46] = 160
    assert blur(faint, edges(frame, future)) == (
        "Blurred where it moves: 25 % of the true frame's edges are there. "
        "Many futures fit one latent action, and the decoder draws something between them."
    )
    assert blur(faint, edges(future, future)) == "", "nothing moves"


def test_a_pressed_code_costs_one_decode(explorer: Explorer, quantizer) -> None:
    explorer.explore.predict("small", "red-push-0", 3)
    quantizer.calls.clear()
    explorer.explore.predict("small", "red-push-0", 3, (5, 5, 5, 5))
    assert quantizer.calls == ["decode"]
    explorer.explore.predict("small", "red-push-0", 3, (5, 5, 5, 5))
    assert quantizer.calls == ["decode"]
    explorer.explore.sweep("small", "red-push-0", 3, (5, 5, 5, 5), 1)
    explorer.explore.sweep("small", "red-push-0", 3, (5, 0, 5, 5), 1)
    assert quantizer.calls == ["decode", "sweep"]


def test_results_are_forgotten_when_memory_is_short(make_explorer, quantizer) -> None:
    service = make_explorer(Limits(prediction_bytes=20_000))
    for code in range(8):
        service.explore.predict("small", "red-push-0", 3, (code, 0, 0, 0))
    assert service._compute._results.bytes <= 20_000
    quantizer.calls.clear()
    seen = service.explore.predict("small", "red-push-0", 3, (0, 0, 0, 0))
    assert "decode" in quantizer.calls and np.array_equal(seen.image, seen.frame)


def test_clips_are_decoded_once_while_memory_lasts(make_explorer, small_clips) -> None:
    first, second, _ = small_clips
    roomy = make_explorer(read=lambda folder: (small_clips, None))
    for _ in range(3):
        roomy.clips.frame(first.id, 0), roomy.clips.frame(second.id, 0)
    assert (first.decoded, second.decoded) == (1, 1)
    # room for the larger clip alone: each makes the other go
    tight = make_explorer(Limits(clip_bytes=200_000), read=lambda folder: (small_clips, None))
    for _ in range(3):
        tight.clips.frame(first.id, 0), tight.clips.frame(second.id, 0)
    assert (first.decoded, second.decoded) == (4, 4)


USAGE = {
    "pairs": 500,
    "embodiments": {
        "red-arm": {
            "pairs": 100,
            "frequent": [
                {"codes": [2, 2, 2, 2], "share": 0.12},
                {"codes": [1, 0, 0, 1], "share": 0.0355},
            ],
            "still": [0, 0, 1, 0],
        }
    },
    "overall": {"pairs": 500, "frequent": [{"codes": [3, 3, 3, 3], "share": 0.5}], "still": []},
}


def test_presets_come_from_what_was_measured(explorer: Explorer, write_usage) -> None:
    write_usage(USAGE)
    nothing, first, second = explorer.explore.presets("small", "red-arm")
    assert (nothing.name, nothing.codes) == ("do nothing", (0, 0, 1, 0))
    assert (first.name, first.codes, first.note) == (
        "frequent 1",
        (2, 2, 2, 2),
        "12 % of red-arm pairs",
    )
    assert second.note == "3.55 % of red-arm pairs"
    # the measured code is also what is shown where there is no future
    assert explorer.explore.predict("small", "red-push-0", 19).codes == (0, 0, 1, 0)


def test_presets_of_a_robot_that_was_not_measured(explorer: Explorer, write_usage) -> None:
    write_usage(USAGE)
    nothing, first = explorer.explore.presets("small", "upload")
    assert nothing.codes == (0, 0, 0, 0) and first.codes == (3, 3, 3, 3)
    assert first.note == "50 % of all pairs"


def test_without_measurement_doing_nothing_is_inferred(explorer: Explorer, quantizer) -> None:
    assert [preset.name for preset in explorer.explore.presets("small", "red-arm")] == [
        "do nothing"
    ]
    quantizer.calls.clear()
    explorer.explore.presets("small", "red-arm")
    assert quantizer.calls == []


@pytest.mark.parametrize(
    "usage",
    [
        [],
        {"overall": 3},
        {"overall": {"frequent": [{"codes": [9, 0, 0, 0], "share": 0.1}]}},
        {"overall": {"still": [1, 2]}},
        {"overall": {"frequent": [{"codes": [1, 0, 0, 0]}]}},
    ],
)
def test_a_damaged_usage_file_is_said(explorer: Explorer, write_usage, usage) -> None:
    write_usage(usage)
    model = explorer.models.get("small")
    assert model.usable and model.embodiments == ()
    assert model.note == "It works without usage.json: damaged, or of another model."
    assert explorer.explore.predict("small", "red-push-0", 2).codes == (2, 2, 2, 2)


def test_pictures_without_a_clip(explorer: Explorer) -> None:
    frame = np.full((90, 120, 3), 50, np.uint8)
    encoding = explorer.explore.encode_images("small", frame, frame + 24)
    assert encoding.codes == (3, 3, 3, 3) and encoding.latent.shape == (4, 2)
    assert encoding.latent.dtype == np.float32 and encoding.latent[0, 0] == pytest.approx(3)
    assert int(explorer.explore.decode_image("small", frame, (1, 0, 0, 0))[0, 0, 0]) == 58
    assert len(explorer.explore.sweep_image("small", frame, "0,0,0,0", 3).images) == 8
    assert explorer.explore.still_codes("small", frame) == (0, 0, 0, 0)


class TestSentences:
    """Figures in plain words, in all cases."""

    frame = np.full((8, 8, 3), 100, np.uint8)
    future = np.full((8, 8, 3), 120, np.uint8)

    def of(self, level: float, future: np.ndarray | None = None) -> tuple[float | None, str]:
        image = np.full((8, 8, 3), level, np.uint8)
        figures = compare(image, self.frame, self.future if future is None else future)
        return figures.mse_ratio, figures.sentence

    def test_closer(self) -> None:
        ratio, said = self.of(110)
        assert ratio == pytest.approx(0.25)
        assert said == "This prediction is 75 % closer to the true future than the copied frame."

    def test_perfect(self) -> None:
        ratio, said = self.of(120)
        assert ratio == 0 and "100 % closer" in said
        # no closer than rounding to whole grey levels can be told apart
        assert compare(self.future, self.frame, self.future).psnr == pytest.approx(58.92, abs=0.01)

    def test_worse(self) -> None:
        ratio, said = self.of(97)
        assert ratio == pytest.approx(23**2 / 400) and "32 % further from" in said

    def test_much_worse(self) -> None:
        assert "4.0 times as far from" in self.of(80)[1]

    def test_equal(self) -> None:
        assert "as close to the true future as" in self.of(100)[1]
        assert "as close" in self.of(140)[1]

    def test_beside_random_codes(self) -> None:
        assert against_chance(0.25, 1.2) == (
            "Random codes on this frame are 20 % further from the future than the copied frame."
        )
        assert "as well here (40 % closer to the future), so this figure proves nothing" in (
            against_chance(0.7, 0.6)
        )
        assert "4.0 times as far from the future" in against_chance(0.9, 4.0)
        assert against_chance(None, 1.2) == against_chance(0.5, None) == ""

    def test_nothing_moves(self) -> None:
        ratio, said = self.of(100, self.frame)
        assert ratio is None and "Nothing moves" in said and "leaves the frame alone" in said
        ratio, said = self.of(105, self.frame)
        assert ratio is None and "changes the frame by 5.0 of 255 levels" in said
