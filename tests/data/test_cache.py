"""The cache holds what decoding gives, survives a kill, and knows when it is out of date."""

from __future__ import annotations

import errno
import pickle
import shutil

import numpy as np
import pytest
from PIL import Image

from lapa.data import Cache, build_cache, manifest, read_episodes, resize
from lapa.data.prepare import default_folder

from .conftest import shades


def test_content_is_decoding_and_resizing(small_set, small_cache):
    episodes, _ = read_episodes(small_set)
    assert small_cache.frames.shape == (sum(e.length for e in episodes), 16, 16, 3)
    for index, episode in enumerate(episodes):
        cached = small_cache.episodes[index]
        assert (cached.id, cached.split, cached.fps) == (episode.id, episode.split, episode.fps)
        assert np.array_equal(small_cache.clip(index), resize(episode.frames, 16))
        assert np.array_equal(small_cache.actions(index), episode.actions)


def test_its_episodes_are_read_as_those_of_videos_are_in_any_process(small_set, small_cache):
    told, _ = read_episodes(small_set)
    for index, (own, video) in enumerate(zip(small_cache.recordings(), told, strict=True)):
        own = pickle.loads(pickle.dumps(own))
        for name in ("id", "embodiment", "instruction", "split", "fps", "width", "height"):
            assert getattr(own, name) == getattr(video, name)
        assert np.array_equal(own.frames, small_cache.clip(index))
        assert np.array_equal(own.actions, video.actions)


def test_resizing_is_antialiased_and_crops_nothing(clips):
    [frames] = [read_episodes(clips, embodiment="language-table-xarm")[0][0].frames[:1]]
    small = resize(frames, 64)
    assert frames.shape == (1, 180, 320, 3) and small.shape == (1, 64, 64, 3)
    reference = Image.fromarray(frames[0]).resize((64, 64), Image.Resampling.BILINEAR)
    assert np.abs(small[0].astype(int) - np.asarray(reference)).max() <= 2


def test_a_killed_build_goes_on(small_set, small_cache, tmp_path):
    folder = tmp_path / "cache"
    progress = build_cache(small_set, folder, 16)
    first = [next(progress) for _ in range(4)]
    progress.close()
    assert [p.done for p in first] == [1, 2, 3, 4] and first[0].total == 9
    with pytest.raises(ValueError, match="unfinished"):
        Cache.open(folder)
    # A kill in the middle of a write leaves a torn frame and a torn line.
    for name in ("frames.u8", "actions.f32", "manifest.jsonl"):
        with (folder / name).open("ab") as file:
            file.write(b'{"id')
    rest = list(build_cache(small_set, folder, 16, workers=2))
    assert [p.done for p in rest] == [5, 6, 7, 8, 9]
    again = Cache.open(folder)
    assert again.episodes == small_cache.episodes
    assert again.fingerprint == small_cache.fingerprint
    assert np.array_equal(again.frames, small_cache.frames)
    assert np.array_equal(again.all_actions, small_cache.all_actions)
    assert list(build_cache(small_set, folder, 16)) == []


def test_new_episodes_are_added(tmp_path, write_video):
    write_video(tmp_path / "clips" / "a.mp4", shades(4))
    before = Cache.build(tmp_path / "clips", tmp_path / "cache", 16)
    write_video(tmp_path / "clips" / "b.mp4", shades(6))
    after = Cache.build(tmp_path / "clips", tmp_path / "cache", 16)
    assert [e.id for e in after.episodes] == ["a.mp4", "b.mp4"]
    assert (after.report.kept, len(after.frames)) == (2, 10)
    assert before.fingerprint != after.fingerprint


def made_anew(clips, folder, **options) -> list[str]:
    """The clips that a build had to decode."""
    return [told.name for told in build_cache(clips, folder, 16, **options)]


def test_only_what_has_changed_is_prepared_again(tmp_path, write_video):
    clips, folder = tmp_path / "clips", tmp_path / "cache"
    for number, name in enumerate("abc"):
        write_video(clips / f"{name}.mp4", shades(4 + number))
    assert made_anew(clips, folder) == ["a.mp4", "b.mp4", "c.mp4"]
    write_video(clips / "b.mp4", shades(9))
    assert made_anew(clips, folder) == ["b.mp4"]
    (clips / "a.mp4").unlink()
    assert made_anew(clips, folder) == []
    (clips / "c.mp4").rename(clips / "d.mp4")
    assert made_anew(clips, folder) == ["d.mp4"]
    kept, anew = Cache.open(folder), Cache.build(clips, tmp_path / "other", 16)
    assert {e.id for e in kept.episodes} == {e.id for e in anew.episodes} == {"b.mp4", "d.mp4"}
    for index, episode in enumerate(kept.episodes):
        other = [e.id for e in anew.episodes].index(episode.id)
        assert np.array_equal(kept.clip(index), anew.clip(other))
    # room is given back
    assert (folder / "frames.u8").stat().st_size == (9 + 6) * 16 * 16 * 3
    assert sorted(file.name for file in folder.iterdir()) == [
        "actions.f32", "frames.u8", "manifest.jsonl"
    ]  # fmt: skip
    assert made_anew(clips, folder, rebuild=True) == ["b.mp4", "d.mp4"]


def test_a_set_that_was_moved_and_renamed_is_not_decoded_again(tmp_path, write_video):
    write_video(tmp_path / "here" / "a.mp4", shades(4))
    write_video(tmp_path / "here" / "b.mp4", shades(6))
    before = Cache.build(tmp_path / "here", tmp_path / "cache", 16)
    (tmp_path / "here").rename(tmp_path / "there")
    assert made_anew(tmp_path / "there", tmp_path / "cache") == []
    after = Cache.open(tmp_path / "cache")
    assert [(e.id, e.source, e.embodiment) for e in after.episodes] == [
        ("a.mp4", "there", "there"), ("b.mp4", "there", "there")
    ]  # fmt: skip
    assert np.array_equal(after.frames, before.frames)


def test_a_changed_label_is_a_change_but_nothing_is_decoded(tmp_path, small_set, small_cache):
    source, folder = shutil.copytree(small_set, tmp_path / "set"), tmp_path / "cache"
    before = Cache.build(source, folder, 16)
    index = source / "sim.jsonl"
    index.write_text(index.read_text().replace('"holdout"', '"train"'))
    assert made_anew(source, folder) == []
    after = Cache.open(folder)
    assert {e.split for e in after.episodes} == {"train"} and len(after.episodes) == 9
    assert after.fingerprint != before.fingerprint
    assert np.array_equal(after.frames, small_cache.frames)
    assert np.array_equal(after.all_actions, small_cache.all_actions)


def test_a_cache_of_other_clips_is_left_alone(tmp_path, write_video):
    write_video(tmp_path / "one" / "a.mp4", shades(4))
    write_video(tmp_path / "two" / "b.mp4", shades(4))
    before = Cache.build(tmp_path / "one", tmp_path / "cache", 16)
    with pytest.raises(ValueError, match=r"holds other clips \(a.mp4, …\); choose another folder"):
        Cache.build(tmp_path / "two", tmp_path / "cache", 16)
    assert Cache.open(tmp_path / "cache").fingerprint == before.fingerprint


def test_two_sets_of_one_name_have_two_caches(tmp_path, write_video, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [tmp_path / place / "videos" for place in ("one", "two")]
    for number, folder in enumerate(folders):
        write_video(folder / "a.mp4", shades(4 + number))
        Cache.build(folder, default_folder(folder, 16), 16)
    chosen = [default_folder(folder, 16) for folder in folders]
    assert chosen[0].as_posix() == "cache/videos-16" and len(set(chosen)) == 2
    assert [len(Cache.open(folder).frames) for folder in chosen] == [4, 5]
    # the first one is moved: its cache goes with it
    folders[0].rename(tmp_path / "videos")
    assert default_folder(tmp_path / "videos", 16) == chosen[0]


def test_a_full_disk_leaves_what_was_whole(tmp_path, write_video, monkeypatch):
    for name in "abc":
        write_video(tmp_path / "clips" / f"{name}.mp4", shades(4))
    whole = manifest.episode_line

    def full(episode):
        if episode.id == "b.mp4":
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(episode)

    monkeypatch.setattr(manifest, "episode_line", full)
    with pytest.raises(OSError, match="No space left"):
        made_anew(tmp_path / "clips", tmp_path / "cache")
    assert (tmp_path / "cache" / "frames.u8").stat().st_size == 4 * 16 * 16 * 3
    monkeypatch.undo()
    assert made_anew(tmp_path / "clips", tmp_path / "cache") == ["b.mp4", "c.mp4"]


def test_a_copied_set_is_the_same_set(tmp_path, small_set):
    Cache.build(small_set, tmp_path / "cache", 8)
    copied = shutil.copytree(small_set, tmp_path / "copy", copy_function=shutil.copyfile)
    assert list(build_cache(copied, tmp_path / "cache", 8)) == []


def test_another_size_needs_another_cache(small_set, small_cache):
    with pytest.raises(ValueError, match="16 pixels and 32 are asked for"):
        Cache.build(small_set, small_cache.folder, 32)


def test_clips_that_break_on_the_way_are_skipped_by_name(tmp_path, write_video):
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), dtype=np.uint8)
    path = write_video(tmp_path / "clips" / "cut.mp4", list(noise), movflags="faststart")
    path.write_bytes(path.read_bytes()[:50_000])
    write_video(tmp_path / "clips" / "good.mp4", shades(5))
    (tmp_path / "clips" / "empty.mp4").touch()
    told = list(build_cache(tmp_path / "clips", tmp_path / "cache", 16))
    assert [(p.name, p.frames) for p in told] == [("cut.mp4", 0), ("good.mp4", 5)]
    cache = Cache.open(tmp_path / "cache")
    assert [e.id for e in cache.episodes] == ["good.mp4"]
    assert [item.name for item in cache.report.skipped] == ["empty.mp4", "cut.mp4"]
    assert "breaks off after" in cache.report.skipped[1].reason
    assert cache.report.summary().endswith("1 episodes used, 2 skipped.")
    assert list(build_cache(tmp_path / "clips", tmp_path / "cache", 16)) == []


def test_a_set_without_one_good_clip_is_told(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(ValueError, match="empty.mp4: the file is empty"):
        Cache.build(tmp_path, tmp_path / "cache", 16)


def test_damage_is_noticed(tmp_path, small_cache):
    folder = shutil.copytree(small_cache.folder, tmp_path / "cache")
    frames = folder / "frames.u8"
    frames.write_bytes(frames.read_bytes()[:-1])
    with pytest.raises(ValueError, match="damaged.*delete it"):
        Cache.open(folder)
    (folder / "manifest.jsonl").write_text('{"version": 99, "image_size": 16}\n')
    with pytest.raises(ValueError, match="version 99, 1 is accepted"):
        Cache.open(folder)
    with pytest.raises(FileNotFoundError, match="no cache"):
        Cache.open(tmp_path)


def test_frame_folders_are_cached_at_the_rate_given(tmp_path, write_frames):
    write_frames(tmp_path / "ssv2" / "7", [f"{n}.png" for n in range(1, 6)])
    cache = Cache.build(tmp_path / "ssv2", tmp_path / "cache", 16, fps=12)
    assert cache.episodes[0].fps == 12
    assert cache.actions(0) is None
    assert [round(float(f.mean()) / 10) for f in cache.clip(0)] == [0, 1, 2, 3, 4]
