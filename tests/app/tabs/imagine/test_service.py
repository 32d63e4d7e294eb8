"""Dreams of many visitors: steps, trees, play, what is kept, and whose it is."""

from __future__ import annotations

import gc
import io
import json
import threading
import time

import av
import numpy as np
import pytest
from PIL import Image

from app.core import films
from app.core.limits import Limits, SequenceProblem, UserError
from app.core.queue import Players
from app.core.views import Queued
from app.explorer import Explorer
from app.tabs.imagine import saved
from app.tabs.imagine.saved import Film
from app.tabs.imagine.views import DreamStep
from app.tabs.transfer.service import Pair

CLIP, STILL, GO = "red-push-0", (0, 0, 0, 0), (1, 0, 2, 0)


@pytest.fixture
def dreams(explorer: Explorer):
    explorer.imagine.begin("small", CLIP, 0, "me")
    return explorer.imagine


def pictures(steps) -> list[bytes]:
    return [step.image.tobytes() for step in steps]


def test_a_dream_begins_with_its_frame_and_steps_feed_on_each_other(dreams, explorer) -> None:
    dream = dreams.dream("me")
    assert dream.here == 0 and dream.steps[0].codes is None
    first = dreams.step("me", GO)
    second = dreams.step("me", GO)
    assert (first.number, first.parent, second.parent, second.step) == (1, 0, 1, 2)
    small = explorer._checkpoints.get("small").quantizer
    assert dream.steps[0].image.shape == (256, 256, 3)
    assert np.array_equal(first.image, small.decode(dream.steps[0].image, GO, size=256))
    assert np.array_equal(second.image, small.decode(first.image, GO, size=256))
    assert not second.image.flags.writeable


def test_a_dream_goes_on_under_a_stream_of_presses(dreams, explorer) -> None:
    """A class presses without a pause: a step waits for a few of its presses, not for calm."""
    pressed, ended = [], threading.Event()

    def presses() -> None:
        while not ended.is_set():
            explorer._compute.run(time.sleep, 0.005)
            pressed.append(1)

    visitors = [threading.Thread(target=presses) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        played = [each for each in dreams.play("me", GO, rate=1000, horizon=16) if each]
    finally:
        ended.set()
        for visitor in visitors:
            visitor.join()
    assert sum(isinstance(each, DreamStep) for each in played) == 16
    # a step that waits for calm waits for half a second, which is a hundred presses
    assert len(pressed) < 16 * 50


def test_undo_and_the_same_step_again_is_the_same_moment(dreams) -> None:
    step = dreams.step("me", GO)
    dreams.go("me", 0)
    assert dreams.step("me", GO) is step
    dreams.go("me", 0)
    other = dreams.step("me", STILL)
    assert other.parent == 0 and len(dreams.dream("me").steps) == 3
    assert [each.number for each in dreams.dream("me").line] == [0, other.number]


def test_branches_are_what_stepping_gives_and_leave_the_dream_where_it_is(dreams) -> None:
    dreams.step("me", GO)
    every = dreams.every("me", 1, GO, 2)
    assert [step.codes[2] for step in every] == list(range(8)) and dreams.dream("me").here == 1
    grown = dreams.branch("me", 1, [[GO, STILL], [STILL]])
    assert len(grown[0]) == 2 and grown[1][0].parent == 1
    dreams.go("me", 1)
    dreams.step("me", GO)
    assert np.array_equal(dreams.step("me", STILL).image, grown[0][1].image)


def test_what_does_not_fit_is_said(dreams) -> None:
    with pytest.raises(UserError, match="out of range"):
        dreams.step("me", (9, 0, 0, 0))
    with pytest.raises(UserError, match="no moment 7"):
        dreams.go("me", 7)
    with pytest.raises(UserError, match="Position 4 does not exist"):
        dreams.every("me", 0, GO, 4)
    with pytest.raises(SequenceProblem, match="Character 8") as problem:
        dreams.parse("[3,1,0,9]", dreams.dream("me").model)
    assert problem.value.position == 7 and problem.value.pointer.endswith("^")
    with pytest.raises(UserError, match="no longer kept"):
        dreams.step("nobody", GO)
    with pytest.raises(UserError, match="open page"):
        dreams.begin("small", CLIP, 0, None)


def test_a_full_dream_says_so(make_explorer) -> None:
    dreams = make_explorer(Limits(dream_moments=5)).imagine
    dreams.begin("small", CLIP, 0, "me")
    with pytest.raises(
        UserError, match="8 steps, but this dream has room for 4 more, as it keeps 5"
    ):
        dreams.every("me", 0, STILL, 0)
    played = list(dreams.play("me", GO, rate=30, horizon=64))
    assert len(dreams.dream("me").steps) == 5 and "as many moments" in played[-1]


def test_play_follows_what_is_pressed_and_stops_at_the_horizon(dreams) -> None:
    played = dreams.play("me", GO, rate=30, horizon=4)
    first = next(played)
    dreams.act("me", STILL, 30)
    rest = list(played)
    assert first.codes == GO and [step.codes for step in rest[:-1]] == [STILL] * 3
    assert rest[-1] == "It stopped at its horizon."


def test_play_ends_when_told_or_after_its_time_or_when_the_page_closes(make_explorer) -> None:
    dreams = make_explorer(Limits(play_seconds=0.3)).imagine
    dreams.begin("small", CLIP, 0, "me")
    start = time.monotonic()
    assert "others can play" in list(dreams.play("me", STILL, rate=30, horizon=512))[-1]
    assert time.monotonic() - start < 5
    dreams.begin("small", CLIP, 0, "me")
    played = dreams.play("me", STILL, rate=30, horizon=512)
    next(played)
    dreams.halt("me")
    assert list(played) == [""]
    dreams.begin("small", CLIP, 0, "me")
    played = dreams.play("me", STILL, rate=30, horizon=512)
    next(played)
    dreams.drop_session("me")
    assert [item for item in played if isinstance(item, DreamStep)] == [] and len(dreams) == 0


def test_play_keeps_its_rate(dreams) -> None:
    start = time.monotonic()
    list(dreams.play("me", STILL, rate=20, horizon=6))
    assert time.monotonic() - start >= 6 / 20


def test_those_who_come_later_wait_and_are_told_how_long(make_explorer) -> None:
    dreams = make_explorer(Limits(players=1)).imagine
    for name in ("one", "two", "three"):
        dreams.begin("small", CLIP, 0, name)
    first = dreams.play("one", STILL, rate=30, horizon=64)
    next(first)
    second, third = (dreams.play(name, STILL, rate=30, horizon=2) for name in ("two", "three"))
    assert next(second) == Queued(1) and next(third) == Queued(2)
    first.close()
    assert isinstance(next(second), DreamStep)
    second.close()
    assert isinstance(next(third), DreamStep)


def test_a_place_is_given_back_by_whoever_gives_up() -> None:
    players = Players(1)
    with players.take() as one:
        assert one.wait(0) == 0
        with players.take() as two:
            assert two.wait(0.01) == 1
        with players.take() as three:
            assert three.wait(0.01) == 1
    with players.take() as four:
        assert four.wait(0) == 0


def test_a_press_on_explore_does_not_wait_for_what_plays(dreams, explorer) -> None:
    playing = threading.Thread(target=lambda: list(dreams.play("me", GO, rate=30, horizon=64)))
    playing.start()
    for turn in range(5):
        explorer.explore.predict("small", CLIP, turn, GO)
    dreams.halt("me")
    playing.join(10)
    threads = explorer._checkpoints.get("small").quantizer.threads
    assert not playing.is_alive() and threads == {"quantizer_0", "quantizer-watched_0"}


def test_nothing_of_one_visitor_reaches_another(dreams) -> None:
    dreams.begin("small", CLIP, 3, "you")
    dreams.step("me", GO)
    dreams.step("you", STILL)
    assert dreams.dream("you").steps[1].codes == STILL and len(dreams.dream("me").steps) == 2
    assert not np.array_equal(dreams.dream("me").steps[0].image, dreams.dream("you").steps[0].image)
    dreams.drop_session("me")
    with pytest.raises(UserError):
        dreams.dream("me")
    assert dreams.dream("you").here == 1
    with pytest.raises(UserError, match="no replay"):
        dreams.replays.last("you")


def test_an_upload_is_dreamt_by_its_own_session_only(dreams, explorer, send_picture) -> None:
    clip = explorer.clips.add_upload(send_picture(), "me")
    assert dreams.begin("small", clip.id, 0, "me").clip.uploaded
    with pytest.raises(UserError, match="no clip"):
        dreams.begin("small", clip.id, 0, "you")


def test_the_least_recently_used_dream_goes_first(make_explorer) -> None:
    one = 256 * 256 * 3
    dreams = make_explorer(Limits(dream_bytes_total=3 * one)).imagine
    for name in ("a", "b", "c"):
        dreams.begin("small", CLIP, 0, name)
    dreams.dream("a")
    dreams.begin("small", CLIP, 0, "d")
    assert dreams.bytes == 3 * one and dreams.dream("a") and dreams.dream("d")
    with pytest.raises(UserError, match="no longer kept"):
        dreams.dream("b")


def test_twenty_sessions_in_turn_leave_memory_where_it_was(explorer) -> None:
    def visit(name: str) -> None:
        explorer.imagine.begin("small", CLIP, 0, name)
        list(explorer.imagine.play(name, GO, rate=30, horizon=5))
        explorer.imagine.every(name, 2, GO, 1)
        list(explorer.imagine.replay(name, 0, None))
        explorer.drop_session(name)

    visit("first")
    gc.collect()
    before = len([each for each in gc.get_objects() if isinstance(each, DreamStep)])
    for number in range(20):
        visit(f"visitor {number}")
    gc.collect()
    after = len([each for each in gc.get_objects() if isinstance(each, DreamStep)])
    assert len(explorer.imagine) == 0 and explorer.imagine.bytes == 0 and after <= before


@pytest.mark.slow
def test_twenty_sessions_leave_the_shipped_models_process_as_large_as_it_was(root) -> None:
    explorer = Explorer(root / "assets" / "checkpoints", root / "assets" / "clips")
    # of four codes, as the visits ask
    model, clips = "robots", explorer.clips.all()[:4]

    def resident() -> int:
        gc.collect()
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1])

    def visit(number: int) -> None:
        name, clip = f"visitor {number}", clips[number % len(clips)]
        explorer.imagine.begin(model, clip.id, 0, name)
        list(explorer.imagine.play(name, (1, 2, 3, 4), rate=30, horizon=32))
        explorer.imagine.every(name, 2, (1, 2, 3, 4), 1)
        list(explorer.imagine.replay(name, 0, None))
        explorer.transfer.carry(model, Pair(clip.id, 0), session=name)
        explorer.drop_session(name)

    # the clips and the pictures of shipped frames are kept for everybody, within their limits
    for number in range(8):
        visit(number)
    before = resident()
    for number in range(20):
        visit(number)
    assert abs(resident() - before) <= 0.1 * before
    assert len(explorer.imagine) == 0 and explorer.imagine.bytes == 0


# Replay


def test_a_clip_is_replayed_by_its_own_codes(dreams) -> None:
    steps = list(dreams.replay("me", 0, None))
    assert [step.step for step in steps] == [1, 2, 3]  # 20 frames, a gap of 5
    assert steps[0].anchored and not steps[1].anchored
    forced = list(dreams.replay("me", 0, 1))
    assert all(step.anchored for step in forced)
    assert dreams.replays.last("me")[1][0] is forced[0]
    assert dreams.replays.trusted_until(forced) == 3


def test_a_replay_past_the_end_is_said(dreams) -> None:
    with pytest.raises(UserError, match="nothing to replay"):
        list(dreams.replay("me", 18, None))


def test_a_replay_ends_when_told(dreams) -> None:
    replay = dreams.replay("me", 0, None)
    next(replay)
    dreams.halt("me")
    assert list(replay) == []


# Keys


def test_keys_that_were_learned_are_offered_with_their_evidence(dreams, checkpoint) -> None:
    assert [key.name for key in dreams.keys("small", "red-arm")] == ["stay"]
    key = {"codes": [1, 2, 3, 4], "pairs": 9, "agree": 0.889, "everyone": False}
    told = {"command": "", "embodiments": {"red-arm": {"left": key}}}
    (checkpoint / "keys.json").write_text(json.dumps(told))
    dreams.driving._keys.drop(lambda key: True)
    keys = {key.name: key for key in dreams.keys("small", "red-arm")}
    assert keys["left"].codes == (1, 2, 3, 4) and "stay" in keys
    assert "9 real frame pairs of red-arm; in 89 % of them it moved left" in keys["left"].note
    model = dreams._checkpoints.usable("small").view
    (car,) = dreams.driving.keys(model, "red-arm", {"left": "steers left", "stays": "straight on"})
    assert "in 89 % of them it was driven so: “steers left”." in car.note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"embodiments": {"red-arm": {"left": {}}}}',
        '{"embodiments": {"red-arm": {"left": {"codes": [99]}}}}',
    ],
)
def test_damaged_keys_are_left_out(dreams, checkpoint, text) -> None:
    (checkpoint / "keys.json").write_text(text)
    assert [key.name for key in dreams.keys("small", "red-arm")] == ["stay"]


# Keep


@pytest.fixture
def grown(dreams):
    """A dream with a fork, standing at its second end."""
    dreams.step("me", GO)
    dreams.step("me", STILL)
    dreams.go("me", 1)
    dreams.step("me", (0, 3, 0, 0))
    return dreams


def test_json_gives_the_same_frames_again(grown) -> None:
    text = grown.saved.json("me", [1, 2])
    record = json.loads(text)
    assert record["sequence"] == "[1,0,2,0], [0,3,0,0]" and record["clip"] == CLIP
    assert {"python", "torch", "numpy"} <= set(record["versions"])
    dream, kept, note = grown.recall(text, "you")
    list(grown.grow("you", kept.moves, kept.here))
    assert note == "" and kept.pins == (1, 2) and dream.here == grown.dream("me").here
    assert pictures(dream.steps) == pictures(grown.dream("me").steps)
    assert grown.saved.same_frames("you", kept)


def test_json_of_an_upload_brings_its_first_frame(grown, explorer, send_picture) -> None:
    clip = explorer.clips.add_upload(send_picture(level=77), "me")
    grown.begin("small", clip.id, 0, "me")
    grown.step("me", GO)
    text = grown.saved.json("me", [])
    assert clip.id not in text
    dream, kept, _ = grown.recall(text, "you")
    list(grown.grow("you", kept.moves, kept.here))
    assert grown.saved.same_frames("you", kept) and dream.clip.uploaded


def test_other_weights_are_told(grown, checkpoint) -> None:
    text = grown.saved.json("me", [])
    record = json.loads(text)
    record["model"]["weights"] = "0" * 16
    assert "other weights" in grown.recall(json.dumps(record), "you")[2]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "other"}, "no dream of this page"),
        ({"version": 9}, "another version"),
        ({"moves": [[5, [1, 0, 2, 0]]]}, "damaged"),
        ({"moves": "no"}, "damaged"),
        ({"here": "x"}, "damaged"),
        ({"start": "bm90IGEgcG5n"}, "damaged"),
        ({"clip": "nobody"}, "no clip"),
        ({"model": {"name": "other", "weights": ""}}, "no checkpoint"),
    ],
)
def test_json_that_cannot_be_read_is_said(grown, change, sentence) -> None:
    record = {**json.loads(grown.saved.json("me", [])), **change}
    with pytest.raises(UserError, match=sentence):
        grown.recall(json.dumps(record), "you")
    for text in ("", "[1", "[" * 100_000):
        with pytest.raises(UserError):
            saved.read_dream(text)


def test_pictures_that_are_kept_open_again(grown) -> None:
    frames = grown.dream("me").line
    with av.open(
        io.BytesIO(grown.saved.pictures("me", "mp4", of="dream", film=Film(rate=8)))
    ) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert float(video.streams.video[0].average_rate) == 8
    assert len(shown) == len(frames) and shown[0].shape[0] == films.SIDE + films.BAND
    assert abs(shown[0][: films.SIDE].mean() - frames[0].image.mean()) < 3
    # every step's caption is its own
    assert len({frame[films.SIDE :].tobytes() for frame in shown}) == len(frames)
    again = grown.saved.pictures("me", "mp4", of="dream", film=Film(rate=8, times=3))
    with av.open(io.BytesIO(again)) as video:
        assert len(list(video.decode(video=0))) == 3 * len(frames)
    gif = Image.open(io.BytesIO(grown.saved.pictures("me", "gif", of="dream", film=Film(rate=10))))
    assert gif.n_frames == len(frames) and gif.info["duration"] == 100 and gif.info["loop"] == 0
    film = Film(captions=False, loop=False, back=True)
    once = Image.open(io.BytesIO(grown.saved.pictures("me", "gif", of="dream", film=film)))
    assert once.n_frames == 2 * len(frames) - 2 and "loop" not in once.info
    assert once.height == films.SIDE
    strip = Image.open(io.BytesIO(grown.saved.pictures("me", "png", of="dream", film=Film(rate=8))))
    first = np.asarray(strip)[:256, : strip.width // 3 - 8]
    assert strip.height == 256 and abs(first.mean() - frames[0].image.mean()) < 2


def test_an_mp4_goes_round_as_often_as_asked_and_as_fits() -> None:
    assert Film(times=4).rounds(10) == 4 and Film(times=4, loop=False).rounds(10) == 1
    assert Film(times=16).rounds(200) == saved.MOST_FRAMES // 200
    assert Film(times=16).rounds(3 * saved.MOST_FRAMES) == 1


def test_a_replay_is_kept_beside_the_truth(grown) -> None:
    list(grown.replay("me", 0, None))
    strip = Image.open(
        io.BytesIO(grown.saved.pictures("me", "png", of="replay", film=Film(rate=8)))
    )
    assert strip.width > 3 * 64
    with av.open(
        io.BytesIO(grown.saved.pictures("me", "mp4", of="replay", film=Film(rate=8)))
    ) as video:
        assert len(list(video.decode(video=0))) == 3


def test_mp4_of_64_frames_takes_less_than_a_second() -> None:
    frames = [np.full((128, 128, 3), 2 * i, np.uint8) for i in range(64)]
    films.mp4(frames[:2], rate=10)
    start = time.process_time()
    assert films.mp4(frames, rate=10)
    assert time.process_time() - start < 1


# For programs


def test_a_rollout_is_the_loop_and_kept_nowhere(dreams, explorer) -> None:
    before = len(dreams)
    made = dreams.rollout("small", None, CLIP, 0, "[1,0,2,0] x3", 2)
    assert made.codes == (GO, GO) and len(made.steps) == 3 and made.text == "[1,0,2,0] x2"
    assert made.psnr is None and len(dreams) == before and made.video(8)
    followed = dreams.rollout("small", None, CLIP, 0, "", 16)
    assert len(followed.codes) == 3 and len(followed.psnr) == 3
    picture = np.full((40, 60, 3), 90, np.uint8)
    assert dreams.rollout("small", picture, "", 0, "[1,0,2,0]", 16).aspect == 1.5
    with pytest.raises(UserError, match="give the latent actions"):
        dreams.rollout("small", picture, "", 0, "", 16)
