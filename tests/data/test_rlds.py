"""RLDS: records, protobuf and features without TensorFlow; Open X-Embodiment's names; bad files."""

from __future__ import annotations

import gzip
import json
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from lapa.data import Cache, read_episodes, recognise
from lapa.data.example import features, values
from lapa.data.open_x import SETS, robot_set
from lapa.data.tfrecord import masked_crc, records

from . import tfrecords
from .tfrecords import STEPS, file_of, group, image, sequence, steps, tensor, text, write_set

REAL = "real/octo/bridge_dataset"


def greys(episode, scale=10) -> list[int]:
    """The numbers of frames made by `tfrecords.steps`."""
    return [round(float(frame.mean()) / scale) for frame in episode.frames]


@pytest.fixture(scope="module")
def real() -> Path:
    """Twenty-five real episodes of BridgeData V2."""
    folder = Path(__file__).resolve().parents[3] / "shared" / REAL
    if not folder.is_dir():
        pytest.skip("the real Open-X file is not at ../shared/real/octo")
    return folder


@pytest.mark.parametrize("length", [0, 1, 9, 1000])
def test_the_checksum_is_that_of_its_definition(length):
    data = bytes(range(256)) * 4
    assert struct.pack("<I", masked_crc(data[:length])) == tfrecords.masked(data[:length])
    assert tfrecords.crc32c(b"123456789") == 0xE3069283


def test_numbers_of_every_length_are_read():
    integers = np.array([0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)], np.int64)
    floats = np.array([0.0, -1.5, 3e38], np.float32)
    data = tfrecords.example({"i": integers, "f": floats, "b": [b"", b"\x00\xff"]})
    found = features(data)
    assert values(found["i"]).tolist() == integers.tolist()
    assert values(found["f"]).tolist() == floats.tolist()
    assert [bytes(each) for each in values(found["b"])] == [b"", b"\x00\xff"]
    # as writers without packing do: a field a number
    loose = tfrecords.field(3, b"".join(b"\x08" + tfrecords.varint(int(i)) for i in integers))
    assert values(memoryview(loose)).tolist() == integers.tolist()


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_message_is_told_and_never_crashes(cut):
    data = tfrecords.example({"steps/action": np.arange(6.0), "steps/text": [b"ab", b"c"]})
    with pytest.raises(ValueError, match="protobuf|Example"):
        for each in features(data[:-cut]).values():
            values(each)


def test_a_set_is_recognised_and_read(tmp_path):
    version = write_set(tmp_path, {"train": [steps(5, 1), steps(3, 2)], "val": [steps(4, 3)]})
    for path in (tmp_path, version.parent, version):
        assert recognise(path) == "rlds"
        episodes, report = read_episodes(path)
        assert report.skipped == ()
        assert [e.id for e in episodes] == [
            "viola/train-00000/0", "viola/train-00000/1", "viola/val-00000/0"
        ]  # fmt: skip
    assert [e.split for e in episodes] == ["train", "train", "holdout"]
    assert [greys(e) for e in episodes] == [[1, 2, 3, 4, 5], [2, 3, 4], [3, 4, 5, 6]]
    assert [e.instruction for e in episodes] == ["do 1", "do 2", "do 3"]
    assert episodes[0].actions.tolist() == [[1, 0], [1, 1], [1, 2], [1, 3]]
    assert (episodes[0].fps, episodes[0].embodiment, episodes[0].source) == (20, "franka", "viola")
    assert (episodes[0].height, episodes[0].width, episodes[0].length) == (8, 12, 5)
    assert "camera steps/observation/image (also there: steps/observation/wrist_image)" in (
        report.summary()
    )


def test_one_file_of_a_set_is_a_set(tmp_path):
    version = write_set(tmp_path, {"train": [steps(5, 1)], "val": [steps(4, 3)]})
    assert recognise(file_of(version, "val")) == "rlds"
    episodes, _ = read_episodes(file_of(version, "val"))
    assert [e.id for e in episodes] == ["viola/val-00000/0"]


def test_without_a_split_that_is_held_out_a_tenth_is(tmp_path):
    write_set(tmp_path, {"train": [steps(2)] * 60})
    held_out = [e.id for e in read_episodes(tmp_path, split="holdout")[0]]
    assert held_out == [f"viola/train-00000/{i}" for i in (42, 43, 49, 54, 56)]


def test_a_file_of_splits_leads(tmp_path):
    write_set(tmp_path, {"train": [steps(2), steps(2)], "val": [steps(2)]})
    named = {"holdout": ["viola/train-00000/1", "toto"]}
    (tmp_path / "splits.json").write_text(json.dumps(named))
    episodes, report = read_episodes(tmp_path)
    assert [e.split for e in episodes] == ["train", "holdout", "train"]
    assert "splits.json: names toto, which is not there" in report.summary()


def test_camera_action_and_instruction_are_chosen_by_name(tmp_path):
    write_set(tmp_path, {"train": [steps(3, 1) | {"episode_metadata/file_path": [b"/x/y"]}]})
    [episode], _ = read_episodes(
        tmp_path,
        camera="wrist_image",
        action="steps/action,action",
        instruction="file_path",
    )
    assert [round(255 - frame.mean()) for frame in episode.frames] == [10, 20, 30]
    assert episode.actions.tolist() == [[1, 0, 1, 0], [1, 1, 1, 1]]
    assert episode.instruction == "/x/y"
    assert episode.action_names == ("a0", "a1", "a2", "a3")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"camera": "top"}, "viola: it has no feature 'top'; it has steps/observation/image"),
        ({"camera": "action"}, "'action' is no camera of it; its cameras are .*wrist_image"),
        ({"action": "language_instruction"}, "steps/language_instruction is no action"),
        ({"instruction": "observation"}, "several features"),
        ({"fps": -1}, "positive number, got -1"),
    ],
)
def test_a_feature_that_is_not_there_is_told(tmp_path, options, sentence):
    write_set(tmp_path, {"train": [steps(3)]})
    with pytest.raises(ValueError, match=sentence):
        read_episodes(tmp_path, **options)


def test_a_set_that_nobody_knows_needs_its_rate(tmp_path):
    write_set(tmp_path, {"train": [steps(3)]}, name="mine")
    with pytest.raises(ValueError, match="mine: RLDS does not say.*needs fps"):
        read_episodes(tmp_path)
    [episode], _ = read_episodes(tmp_path, fps=7)
    assert (episode.fps, episode.embodiment) == (7, "mine")


def test_open_x_names_lead_to_its_sets():
    assert robot_set("bridge_dataset").camera == "image_0"
    assert robot_set("toto") is robot_set("toto_converted_externally_to_rlds")
    assert robot_set("libero_spatial_no_noops").fps == 20
    assert robot_set("mine") is None
    assert all(0 < each.fps <= 30 and each.gap_seconds == 0.6 for each in SETS.values())


def test_a_split_action_is_put_together_in_the_order_of_the_known_set(tmp_path):
    """`fractal20220817_data` keeps its action in parts, and a flag that is no part of it."""
    action = group(
        gripper_closedness_action=tensor(1),
        rotation_delta=tensor(3),
        terminate_episode=tensor(3, dtype="int32"),
        world_vector=tensor(3),
    )
    features_ = group(observation=group(image=image()), action=action)
    parts = {
        "steps/action/world_vector": np.arange(9, dtype=np.float32),
        "steps/action/rotation_delta": np.arange(9, dtype=np.float32) + 100,
        "steps/action/gripper_closedness_action": np.array([7, 8, 9], np.float32),
        "steps/action/terminate_episode": np.zeros(9, np.int64),
        "steps/observation/image": steps(3)["steps/observation/image"],
    }
    write_set(tmp_path, {"train": [parts]}, features_, name="fractal20220817_data")
    [episode], _ = read_episodes(tmp_path)
    assert episode.actions.tolist() == [[0, 1, 2, 100, 101, 102, 7], [3, 4, 5, 103, 104, 105, 8]]
    assert episode.action_names == ("x", "y", "z", "rx", "ry", "rz", "gripper")
    assert (episode.fps, episode.embodiment, episode.instruction) == (3, "google_robot", "")


def frames(length: int, first: int = 0) -> np.ndarray:
    return np.stack([np.full((8, 12, 3), (first + t) * 10, np.uint8) for t in range(length)])


def as_numbers() -> tuple[dict, dict]:
    return tensor(8, 12, 3, dtype="uint8"), {"": frames(3, 1).astype(np.int64)}


def as_bytes() -> tuple[dict, dict]:
    feature = tensor(8, 12, 3, dtype="uint8", encoding="bytes")
    return feature, {"": [frame.tobytes() for frame in frames(3, 1)]}


def as_zlib() -> tuple[dict, dict]:
    feature = tensor(8, 12, 3, dtype="uint8", encoding="zlib")
    return feature, {"": [zlib.compress(frame.tobytes()) for frame in frames(3, 1)]}


def as_zlib_of_open_size() -> tuple[dict, dict]:
    feature = tensor(-1, -1, 3, dtype="uint8", encoding="zlib")
    packed = [zlib.compress(frame.tobytes()) for frame in frames(3, 1)]
    return feature, {"/value": packed, "/shape": np.array([[8, 12, 3]] * 3)}


def as_encoded_text() -> tuple[dict, dict]:
    return text(), {"": [tfrecords.png(frame) for frame in frames(3, 1)]}


def as_two_a_step() -> tuple[dict, dict]:
    """A list of pictures in each step, of one, two and one: the first of each is the frame."""
    pictures = [tfrecords.png(frame) for frame in frames(4, 1)]
    flat = [pictures[0], pictures[1], pictures[3], pictures[2]]
    lengths = np.array([1, 2, 1])
    return sequence(image()), {"/ragged_flat_values": flat, "/ragged_row_lengths_0": lengths}


@pytest.mark.parametrize(
    "kept", [as_numbers, as_bytes, as_zlib, as_zlib_of_open_size, as_encoded_text, as_two_a_step]
)
def test_frames_are_read_however_they_are_kept(tmp_path, kept):
    feature, lists = kept()
    path = "steps/observation/image"
    episode = {f"{path}{end}": value for end, value in lists.items()}
    write_set(tmp_path, {"train": [episode]}, group(observation=group(image=feature)))
    [episode], report = read_episodes(tmp_path)
    assert report.skipped == ()
    assert greys(episode) == [1, 2, 3]
    assert episode.actions is None and "action unknown" in report.summary()


def test_an_instruction_of_numbers_and_one_of_the_whole_episode_are_read(tmp_path):
    said = np.zeros((2, 20), np.int64)
    said[:, :4] = list(b"push")
    features_ = group(observation=group(image=image(), instruction=tensor(20, dtype="int32")))
    example = {
        "steps/observation/image": steps(2)["steps/observation/image"],
        "steps/observation/instruction": said,
        "episode_metadata/file_path": [b"whole"],
    }
    write_set(tmp_path, {"train": [example]}, features_)
    assert read_episodes(tmp_path)[0][0].instruction == "push"
    assert read_episodes(tmp_path, instruction="file_path")[0][0].instruction == "whole"


def test_a_compressed_file_is_read_in_any_order(tmp_path):
    write_set(tmp_path, {"train": [steps(3, i) for i in range(5)]}, compressed=True)
    episodes, report = read_episodes(tmp_path)
    assert report.skipped == ()
    assert [greys(episodes[i])[0] for i in (3, 0, 4, 1, 2)] == [3, 0, 4, 1, 2]


def test_a_wrong_checksum_costs_one_record(tmp_path):
    version = write_set(tmp_path, {"train": [steps(3, 1), steps(3, 2), steps(3, 3)]})
    file = file_of(version)
    places = [place for place, _ in records(file)]
    data = bytearray(file.read_bytes())
    data[places[1].offset + 50] ^= 1
    file.write_bytes(data)
    episodes, report = read_episodes(tmp_path)
    assert [e.instruction for e in episodes] == ["do 1", "do 3"]
    [lost] = report.skipped
    assert lost.name == f"{file.name} record 1" and "checksum is wrong" in lost.reason


def test_a_file_that_is_cut_keeps_what_lies_before(tmp_path):
    version = write_set(tmp_path, {"train": [steps(3, 1), steps(3, 2)], "val": [steps(3, 3)]})
    file = file_of(version)
    file.write_bytes(file.read_bytes()[:-7])
    episodes, report = read_episodes(tmp_path)
    assert [e.instruction for e in episodes] == ["do 1", "do 3"]
    assert [item.name for item in report.skipped] == [file.name]
    assert "is cut short" in report.summary() and "has 1 records" in report.summary()


@pytest.mark.parametrize("compressed", [False, True])
def test_a_damaged_length_or_stream_is_told(tmp_path, compressed):
    version = write_set(tmp_path, {"train": [steps(3)] * 9}, compressed=compressed)
    file = file_of(version)
    data = bytearray(file.read_bytes())
    at = len(data) // 2 if compressed else next(records(file))[0].length + 16
    data[at : at + 8] = bytes(range(100, 108))
    file.write_bytes(data)
    _, report = read_episodes(tmp_path)
    assert any(item.name == file.name and "damaged" in item.reason or "gzip" in item.reason
               for item in report.skipped)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps/observation/image": None}, "lacks steps/observation/image"),
        ({"steps/action": None}, "lacks steps/action"),
        ({"steps/action": np.zeros(5, np.float32)}, "holds 5 numbers"),
        ({"steps/action": np.full(6, np.nan, np.float32)}, "not finite"),
        ({"steps/action": [b"x"]}, "holds bytes where features.json says float32"),
        ({"steps/observation/image": [b"no picture"] * 3}, "no picture that can be read"),
        ({"steps/observation/image": [tfrecords.png(np.zeros((8, 12, 3), np.uint8))]}, "needs two"),
    ],
)
def test_a_broken_record_is_named_and_the_rest_is_read(tmp_path, change, sentence):
    broken = {k: v for k, v in (steps(3, 1) | change).items() if v is not None}
    version = write_set(tmp_path, {"train": [broken, steps(3, 2)]})
    episodes, report = read_episodes(tmp_path)
    assert [e.instruction for e in episodes] == ["do 2"]
    [lost] = report.skipped
    assert lost.name == f"{file_of(version).name} record 0" and sentence in lost.reason


def test_a_broken_frame_is_found_when_it_is_decoded(tmp_path):
    broken = steps(3, 1)
    broken["steps/observation/image"][1] = b"no picture"
    write_set(tmp_path / "set", {"train": [broken, steps(3, 2)]})
    cache = Cache.build(tmp_path / "set", tmp_path / "cache", 8)
    assert [e.instruction for e in cache.episodes] == ["do 2"]
    assert "viola/train-00000/0: steps/observation/image holds no picture" in cache.report.summary()


def test_missing_files_and_older_versions_are_noted(tmp_path):
    version = write_set(tmp_path, {"train": [steps(3)], "val": [steps(3)]})
    file_of(version, "val").unlink()
    old = version.with_name("0.9.0")
    old.mkdir()
    for file in version.iterdir():
        (old / file.name).write_bytes(file.read_bytes())
    episodes, report = read_episodes(tmp_path)
    assert len(episodes) == 1
    assert "viola, split val: lacks 1 of its 1 files" in report.summary()
    assert "0.9.0: is an older version" in report.summary()


def test_a_shard_that_is_there_twice_is_read_once_and_named(tmp_path):
    version = write_set(tmp_path, {"train": [steps(3, 1)], "val": [steps(3, 2)]})
    file = file_of(version, "train")
    again = file.with_name(f"{file.name}.gz")
    again.write_bytes(gzip.compress(file.read_bytes()))
    older = file.with_name(file.name.replace("-of-00001", "-of-00004"))
    older.write_bytes(file.read_bytes())
    episodes, report = read_episodes(tmp_path)
    assert [each.id for each in episodes] == ["viola/train-00000/0", "viola/val-00000/0"]
    assert f"skipped {again.name}: is there twice: {file.name} is read" in report.summary()
    wanted = f"skipped {older.name}: is of another number of shards than the rest of train"
    assert wanted in report.summary()


def test_several_sets_are_read_and_a_broken_one_is_named(tmp_path):
    write_set(tmp_path, {"train": [steps(3, 1)]})
    write_set(tmp_path, {"train": [steps(3, 2)]}, name="toto")
    broken = write_set(tmp_path, {"train": [steps(3, 3)]}, name="kuka")
    (broken / "features.json").write_text("[]")
    episodes, report = read_episodes(tmp_path)
    assert [e.source for e in episodes] == ["toto", "viola"]
    assert [item.name for item in report.skipped] == ["kuka"]


def test_the_cache_is_renewed_by_the_record(tmp_path):
    """A record whose data has changed is decoded anew, the others beside it in the file are not."""
    first = [steps(3, 1), steps(3, 2)]
    write_set(tmp_path / "a", {"train": first})
    before = Cache.build(tmp_path / "a", tmp_path / "cache", 8)
    changed = first[1] | {"steps/action": np.zeros((3, 2), np.float32)}
    write_set(tmp_path / "b", {"train": [first[0], changed]})
    after = Cache.build(tmp_path / "b", tmp_path / "cache", 8)
    assert before.episodes[0] == after.episodes[0]
    assert before.episodes[1].digest != after.episodes[1].digest
    assert after.actions(1).tolist() == [[0, 0], [0, 0]]


def test_memory_holds_one_record_at_a_time(tmp_path):
    """Thirty records of a megabyte: to list and to decode them takes a few."""
    noise = np.random.default_rng(0).integers(0, 255, (2, 400, 400, 3), dtype=np.uint8)
    pictures = [tfrecords.png(frame) for frame in noise]
    one = {"steps/observation/image": pictures}
    data = tfrecords.record(tfrecords.example(one))
    version = write_set(tmp_path, {"train": []}, group(observation=group(image=image(400, 400))))
    file_of(version).write_bytes(data * 30)
    tracemalloc.start()
    episodes, _ = read_episodes(tmp_path)
    for episode in episodes:
        assert sum(1 for _ in episode.stream()) == 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(episodes) == 30
    assert peak < 5 * len(data)


def test_real_episodes_of_bridge(real):
    episodes, report = read_episodes(real)
    assert (len(episodes), report.skipped) == (25, ())
    assert {e.length for e in episodes} == {10}
    first = episodes[0]
    assert first.instruction == "put cup from counter or drying rack into sink"
    assert (first.fps, first.embodiment) == (5, "widowx")
    assert first.frames.shape == (10, 64, 64, 3)
    assert first.actions.shape == (9, 7)
    assert first.action_names == ("x", "y", "z", "rx", "ry", "rz", "gripper")
    # the scene is lit, moves, and each action lies within what a WidowX does in a fifth of a second
    assert 60 < first.frames.mean() < 200
    assert np.abs(np.diff(first.frames.astype(int), axis=0)).mean() > 0.5
    assert np.abs(first.actions[:, :3]).max() < 0.1
    grip = np.concatenate([e.actions[:, 6] for e in episodes])
    assert grip.min() == 0 and grip.max() == 1
    _, blank = read_episodes(real, camera="image_3")
    assert len(blank.skipped) == 25 and "blank" in blank.skipped[0].reason


def test_features_of_another_tree_are_told(tmp_path):
    version = write_set(tmp_path, {"train": [steps(3)]}, STEPS)
    for content in ("{", "{}", '{"featuresDict": 3}', json.dumps({"featuresDict": {}})):
        (version / "features.json").write_text(content)
        with pytest.raises(ValueError, match="features.json is no description of features"):
            read_episodes(version)
