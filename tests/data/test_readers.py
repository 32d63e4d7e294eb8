"""Every format is read as it is meant to be seen, and nothing is dropped in silence."""

from __future__ import annotations

import json
import shutil
import struct
import sys
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from PIL import Image

from lapa.__main__ import main
from lapa.data import Report, Skipped, read_episodes, recognise
from lapa.data.readers import registry
from lapa.data.readers.reader import Option, Reader

from .conftest import HEIGHT, WIDTH, numbers, shades

GRID = Path(__file__).parents[1] / "cases" / "grid.avif"


def test_shipped_clips_are_read_with_all_they_say(clips):
    episodes, report = read_episodes(clips)
    assert (len(episodes), report.kept, report.skipped) == (118, 118, ())
    assert len({e.embodiment for e in episodes}) == 19
    assert {e.split for e in episodes} == {"holdout"}
    fetch, _ = read_episodes(clips, embodiment="fetch")
    assert len(fetch) == 8
    frames = fetch[0].frames
    assert frames.shape == (fetch[0].length, fetch[0].height, fetch[0].width, 3)
    assert frames.dtype == np.uint8
    assert fetch[0].actions.shape == (fetch[0].length - 1, len(fetch[0].action_names))
    assert fetch[0].instruction


def test_no_clip_to_look_at_was_trained_on(clips, robots_data):
    episodes, _ = read_episodes(robots_data)
    held_out = {e.id for e in episodes if e.split == "holdout"}
    others = ("tabletop", "tabletop_real", "real", "car_racing")
    shown = {e.id for e in read_episodes(clips)[0] if e.source not in others}
    assert shown == held_out
    assert not held_out & {e.id for e in episodes if e.split == "train"}


def test_folder_of_videos(tmp_path, write_video):
    for number in range(11):
        write_video(tmp_path / "panda" / f"{number:02d}.mp4", shades(4))
    write_video(tmp_path / "top.mkv", shades(5), fps=25)
    episodes, report = read_episodes(tmp_path)
    assert recognise(tmp_path) == "videos"
    assert report.summary() == "12 episodes used, 0 skipped."
    assert [e.embodiment for e in episodes] == ["panda"] * 11 + [tmp_path.name]
    assert [e.id for e in episodes if e.split == "holdout"] == ["panda/10.mp4", "top.mkv"]
    assert episodes[-1].fps == 25
    assert numbers(episodes[-1].frames) == [0, 1, 2, 3, 4]
    assert episodes[-1].actions is None


def test_one_video_is_a_set_of_one(tmp_path, write_video):
    episodes, _ = read_episodes(write_video(tmp_path / "clip.mp4", shades(3)))
    assert [e.id for e in episodes] == ["clip.mp4"]


def test_uneven_timestamps_become_even_frames(tmp_path, write_video):
    """Ten frames in 1.5 s; a player shows frame 3 from 300 ms until frame 4 comes at 700 ms."""
    at = [0, 100, 200, 300, 700, 800, 900, 1300, 1350, 1400]
    [episode], _ = read_episodes(write_video(tmp_path / "phone.mp4", shades(10), at=at))
    frames = episode.frames
    assert len(frames) / episode.fps == pytest.approx(1.5, abs=1 / episode.fps)
    for place, number in enumerate(numbers(frames)):
        shown = place / episode.fps * 1000
        assert at[number] <= shown + 500 / episode.fps
        assert number + 1 == len(at) or at[number + 1] >= shown - 500 / episode.fps


def test_pixels_that_are_not_square_are_made_square(tmp_path, write_video):
    [episode], _ = read_episodes(write_video(tmp_path / "wide.mp4", shades(2), aspect=2))
    assert (episode.height, episode.width) == episode.frames.shape[1:3] == (48, 128)


def test_a_turned_phone_is_turned_back(tmp_path, write_video):
    frames = shades(3)
    for frame in frames:
        frame[:, :32] = 255
    path = write_video(tmp_path / "upright.mp4", frames)
    data = bytearray(path.read_bytes())
    # The track header's matrix for a quarter turn clockwise; the left half must come on top.
    matrix = data.find(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    [episode], _ = read_episodes(path)
    assert (episode.height, episode.width) == episode.frames.shape[1:3] == (64, 48)
    assert episode.frames[2, :28].min() > 240
    assert episode.frames[2, 36:].max() < 40


@pytest.mark.parametrize("prefix", ["", "img", "frame_"])
def test_numbered_frames_are_sorted_as_numbers(tmp_path, write_frames, prefix):
    write_frames(tmp_path / "1", [f"{prefix}{n}.png" for n in (1, 2, 9, 10, 11, 100)])
    [episode], report = read_episodes(tmp_path, fps=12)
    assert recognise(tmp_path) == "frames"
    assert numbers(episode.frames) == [0, 1, 2, 3, 4, 5]
    assert (episode.fps, episode.length, episode.id) == (12.0, 6, "1")
    assert [note.name for note in report.notes] == ["1"]
    assert "uneven" in report.summary()


def test_a_thinned_clip_is_even(tmp_path, write_frames):
    write_frames(tmp_path / "1", [f"{n:05d}.jpg" for n in range(0, 50, 5)])
    assert read_episodes(tmp_path, fps=12)[1].notes == ()


def test_frame_folders_report_what_is_wrong_by_name(tmp_path, write_frames):
    write_frames(tmp_path / "good", ["1.png", "2.png"])
    write_frames(tmp_path / "single", ["1.png"])
    write_frames(tmp_path / "twice", ["1.png", "01.png"])
    (tmp_path / "empty").mkdir()
    write_frames(tmp_path / "broken", ["1.png", "2.png"])
    (tmp_path / "broken" / "1.png").write_text("no picture")
    episodes, report = read_episodes(tmp_path, fps=10)
    assert [e.id for e in episodes] == ["good"]
    reasons = {item.name: item.reason for item in report.skipped}
    assert set(reasons) == {"single", "twice", "empty", "broken"}
    assert "two" in reasons["single"] and "0 numbered frames" in reasons["empty"]
    assert "same number" in reasons["twice"] and "1.png" in reasons["broken"]
    assert report.summary().endswith("1 episodes used, 4 skipped.")


def test_frames_that_change_their_size_are_no_clip(tmp_path, write_frames):
    write_frames(tmp_path / "clip", ["1.png", "2.png"])
    Image.new("RGB", (10, 10)).save(tmp_path / "clip" / "2.png")
    [episode], _ = read_episodes(tmp_path, fps=10)
    with pytest.raises(ValueError, match="2.png has another size"):
        _ = episode.frames


def break_videos(folder: Path, write_video) -> dict[str, str]:
    """Files that are not what their names say, with a word that the reason must contain."""
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is a letter " * 200)
    write_video(folder / "one.mp4", shades(1))
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), dtype=np.uint8)
    whole = write_video(folder / "cut.mp4", list(noise)).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with av.open(str(folder / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return {
        "empty.mp4": "empty",
        "text.mp4": "not a readable video",
        "one.mp4": "1 frame",
        "cut.mp4": "not a readable video",
        "sound.mp4": "has sound but no video",
    }


def test_broken_videos_are_reported_by_name(tmp_path, write_video):
    expected = break_videos(tmp_path, write_video)
    write_video(tmp_path / "good.mp4", shades(3))
    episodes, report = read_episodes(tmp_path)
    assert [e.id for e in episodes] == ["good.mp4"]
    reasons = {item.name: item.reason for item in report.skipped}
    assert set(reasons) == set(expected)
    for name, word in expected.items():
        assert word in reasons[name]
        assert name in report.summary()
    assert report.summary().endswith("1 episodes used, 5 skipped.")


def test_broken_lines_and_files_of_the_robots_set_are_reported(tmp_path, small_set):
    folder = shutil.copytree(small_set, tmp_path / "set")
    index = folder / "sim.jsonl"
    lines = index.read_text().splitlines()
    unnamed = json.loads(lines[0])
    unnamed.pop("fps")
    lines += ["{no json", json.dumps(unnamed), lines[1]]
    index.write_text("\n".join(lines))
    (folder / "sim" / "arm-00.mp4").unlink()
    (folder / "sim" / "arm-02.npz").write_text("no array")
    np.savez(folder / "sim" / "arm-03.npz", action=np.zeros((3, 2), np.float32))
    episodes, report = read_episodes(folder)
    assert len(episodes) == 6
    reasons = [(item.name, item.reason) for item in report.skipped]
    expected = [
        ("arm-00", "missing"),
        ("arm-02", "arm-02.npz"),
        ("arm-03", "not (39, A)"),
        ("sim.jsonl line 10", "JSON"),
        ("arm-00", "lacks fps"),
        ("arm-01", "twice"),
    ]
    assert len(reasons) == len(expected)
    for (name, reason), (wanted, word) in zip(reasons, expected, strict=True):
        assert name == wanted and word in reason


def test_frames_must_be_as_many_as_the_actions_say(tmp_path, small_set, write_video):
    folder = shutil.copytree(small_set, tmp_path / "set")
    write_video(folder / "sim" / "crane-00.mp4", shades(7))
    [episode], _ = read_episodes(folder, embodiment="crane")
    with pytest.raises(ValueError, match="holds 7 frames where the index says 50"):
        _ = episode.frames


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"split": "test"}, "'test'.*train and holdout"),
        ({"embodiment": "octopus"}, "octopus.*arm, crane, hand"),
        ({"format": "hdf5"}, "'hdf5'.*robots, rlds, .*videos, frames"),
        ({"fps": 10}, "carry their own fps"),
        ({"zoom": 2}, "No format has an option 'zoom'; accepted are fps"),
    ],
)
def test_wrong_arguments_are_told(small_set, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_episodes(small_set, **arguments)


def test_nothing_to_read_is_told(tmp_path, write_frames):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_episodes(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no clips"):
        read_episodes(tmp_path)
    write_frames(tmp_path / "1", ["1.png", "2.png"])
    with pytest.raises(ValueError, match="need fps"):
        read_episodes(tmp_path)
    with pytest.raises(ValueError, match="positive"):
        read_episodes(tmp_path, fps=0)


def test_the_first_folder_that_holds_clips_names_the_format(tmp_path, write_video, write_frames):
    write_frames(tmp_path / "a" / "clip", ["1.png", "2.png"])
    write_video(tmp_path / "b" / "preview.mp4", shades(3))
    assert recognise(tmp_path) == "frames"
    write_video(tmp_path / "0" / "clip.mp4", shades(3))
    assert recognise(tmp_path) == "videos"


@pytest.fixture
def rolls(monkeypatch):
    """A format more, which lies in folders with a roll.txt and asks for a side."""

    def read(path, side="left"):
        return [], Report(0, notes=(Skipped(path.name, f"seen from the {side}"),))

    side = Option("side", str, "left or right", elsewhere="have one side")
    module = ModuleType("lapa.data.readers.rolls")
    module.READER = Reader(
        "rolls", lambda path: (path / "roll.txt").exists(), read, "a roll", options=(side,)
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "FILES", ("rolls", *registry.FILES))
    registry.readers.cache_clear()
    registry.reader_options.cache_clear()
    yield
    registry.readers.cache_clear()
    registry.reader_options.cache_clear()


@pytest.mark.usefixtures("rolls")
def test_a_format_is_a_file_and_a_line(tmp_path, small_set, capsys):
    (tmp_path / "roll.txt").touch()
    assert recognise(tmp_path) == "rolls"
    assert "seen from the left" in read_episodes(tmp_path)[1].summary()
    assert "seen from the right" in read_episodes(tmp_path, side="right")[1].summary()
    with pytest.raises(ValueError, match="are robots: they have one side"):
        read_episodes(small_set, side="right")
    (tmp_path / "roll.txt").rename(tmp_path / "else.txt")
    with pytest.raises(ValueError, match="accepted are a roll, a folder with"):
        read_episodes(tmp_path)
    (tmp_path / "else.txt").rename(tmp_path / "roll.txt")
    assert main(["prepare", str(tmp_path), "--out", str(tmp_path / "c"), "--side", "right"]) == 2
    assert "seen from the right" in capsys.readouterr().err


def index_of(folder, write_video, rows) -> Path:
    """A set of one source with a clip of six frames for every row; rows change the fields."""
    common = {"embodiment": "panda", "fps": 10, "frames": 6, "split": "train"}
    common |= {"height": HEIGHT, "width": WIDTH}
    lines = []
    for number, row in enumerate(rows):
        lines.append({"id": f"e{number}", **common, **row})
        write_video(folder / "src" / f"e{number}.mp4", shades(6))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "src.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"embodiment": 3}, "its embodiment is 3, a text is accepted"),
        ({"embodiment": None}, "its embodiment is None"),
        ({"fps": float("nan")}, "its fps is nan, a positive number"),
        ({"fps": float("inf")}, "its fps is inf"),
        ({"fps": True}, "its fps is True"),
        ({"instruction": 7}, "its instruction is 7"),
        ({"task": ["lift"]}, "its task is ['lift']"),
        ({"action_names": "xyz"}, "its action_names are 'xyz'"),
        ({"action_names": ["x", None]}, "its action_names are ['x', None]"),
        ({"frames": None}, "its frames is None, a whole number"),
        ({"frames": 6.5}, "its frames is 6.5"),
        ({"height": "48"}, "its height is '48'"),
        ({"split": None}, "its split is None"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_read(tmp_path, write_video, wrong, said):
    episodes, report = read_episodes(index_of(tmp_path, write_video, [{}, wrong, {}]))
    assert [e.id for e in episodes] == ["e0", "e2"]
    assert [each.name for each in report.skipped] == ["e1"] and said in report.skipped[0].reason


@pytest.mark.parametrize("field", ["instruction", "task", "source", "action_names"])
def test_what_nobody_said_may_be_null(tmp_path, write_video, field):
    (episode,), report = read_episodes(index_of(tmp_path, write_video, [{field: None}]))
    empty = {"source": "src", "action_names": ()}
    assert getattr(episode, field) == empty.get(field, "") and not report.skipped


def test_a_line_ends_at_a_line_feed_only(tmp_path, write_video):
    told = ["push\u2028the block", "next\x85line", "form\x0cfeed", "carriage"]
    folder = index_of(tmp_path, write_video, [{"instruction": words} for words in told])
    index = folder / "src.jsonl"
    index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes().replace(b"\n", b"\r\n"))
    episodes, report = read_episodes(folder)
    assert not report.skipped and [e.instruction for e in episodes] == told


def test_what_a_system_hides_is_no_clip(tmp_path, write_video, write_frames):
    write_frames(tmp_path / "frames" / "clip", ["img1.jpg", "img2.jpg"])
    for name in ("._img1.jpg", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / "frames" / "clip" / name).write_bytes(b"no picture")
    write_frames(tmp_path / "frames" / ".ipynb_checkpoints", ["1.jpg", "2.jpg"])
    (tmp_path / "frames" / ".Trash-1000" / "files").mkdir(parents=True)
    (episode,), report = read_episodes(tmp_path / "frames", fps=10)
    assert not report.skipped and episode.length == 2
    write_video(tmp_path / "videos" / "a.mp4", shades(4))
    write_video(tmp_path / "videos" / ".Trash-1000" / "b.mp4", shades(4))
    (tmp_path / "videos" / "._a.mp4").write_bytes(b"no video")
    (episode,), report = read_episodes(tmp_path / "videos")
    assert episode.id == "a.mp4" and not report.skipped


def test_links_are_followed_and_circles_end(tmp_path, write_video):
    write_video(tmp_path / "disk" / "panda" / "a.mp4", shades(4))
    made = write_video(tmp_path / "blobs" / "b.mp4", shades(4))
    made.rename(tmp_path / "blobs" / "9f86d081")
    root = tmp_path / "set"
    root.mkdir()
    (root / "panda").symlink_to(tmp_path / "disk" / "panda", target_is_directory=True)
    (root / "b.mp4").symlink_to(tmp_path / "blobs" / "9f86d081")
    (tmp_path / "disk" / "panda" / "again").symlink_to(root, target_is_directory=True)
    episodes, report = read_episodes(root)
    assert [e.id for e in episodes] == ["b.mp4", "panda/a.mp4"] and not report.skipped
    # one file that is a link, and the whole set behind one
    assert read_episodes(root / "b.mp4")[0][0].id == "b.mp4"
    (tmp_path / "link").symlink_to(root, target_is_directory=True)
    assert len(read_episodes(tmp_path / "link")[0]) == 2


@pytest.mark.parametrize("suffix", ["3gp", "mts", "m2ts", "flv", "asf", "m2t", "nut"])
def test_every_container_that_the_decoder_opens_is_a_video(tmp_path, write_video, suffix):
    made = write_video(tmp_path / f"a.{suffix}", shades(5))
    (episode,), report = read_episodes(made.parent)
    assert not report.skipped and numbers(episode.frames) == [0, 1, 2, 3, 4]


def test_music_with_a_cover_is_no_video(tmp_path):
    path = tmp_path / "song.m4v"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(cover.encode(picture))
        container.mux(cover.encode())
    episodes, report = read_episodes(tmp_path)
    assert not episodes and report.skipped[0].reason == "has sound but no video"


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path, kind):
    """Also where a camera writes 12 of them: a frame as dark as it is."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for number, value in enumerate((0, 32768, 65535)):
        Image.fromarray(np.full((8, 8), value, np.uint16)).save(folder / f"{number}.{kind}")
    if kind == "tif":
        for file in folder.iterdir():
            file.rename(file.with_suffix(".png"))  # what a name says does not count
    (episode,), _ = read_episodes(tmp_path, fps=5)
    assert [int(frame.mean()) for frame in episode.frames] == [0, 128, 255]


def test_a_picture_of_tiles_is_read_whole(tmp_path):
    (tmp_path / "clip").mkdir()
    for number in (1, 2):
        shutil.copy(GRID, tmp_path / "clip" / f"{number}.avif")
    (episode,), _ = read_episodes(tmp_path, fps=5)
    frame = episode.frames[0].astype(int)
    assert frame.shape == (512, 512, 3)
    corners = [frame[y, x] for y in (100, 400) for x in (100, 400)]
    wanted = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    assert np.abs(np.array(corners) - wanted).max() <= 3


def test_see_through_parts_are_on_white_and_odd_values_refused(tmp_path):
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:, 3] = 255
    for name in ("1.png", "2.png"):
        (tmp_path / "clear").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "clear" / name)
        (tmp_path / "float").mkdir(exist_ok=True)
        Image.fromarray(np.ones((8, 8), np.float32)).save(tmp_path / "float" / name, format="TIFF")
    (episode,), report = read_episodes(tmp_path, fps=5)
    assert episode.frames[0][0, 0].tolist() == [255] * 3
    assert episode.frames[0][0, 7].tolist() == [0] * 3
    assert report.skipped[0].name == "float" and "32-bit values" in report.skipped[0].reason


def test_a_frame_of_another_kind_than_its_name_says_is_given_to_no_other_program(tmp_path):
    """PostScript would be drawn by Ghostscript, if that is there."""
    (tmp_path / "clip").mkdir()
    for number in (1, 2):
        Image.new("RGB", (64, 48), "red").save(tmp_path / "clip" / f"{number}.jpg", format="EPS")
    episodes, report = read_episodes(tmp_path, fps=5)
    assert not episodes
    assert report.skipped[0].reason == "1.jpg is not a readable image"
