"""The cache holds what decoding gives, survives a kill, and knows when it is out of date."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from lapa.data import Cache, build_cache, read_episodes, resize

from .conftest import shades


def test_content_is_decoding_and_resizing(small_set, small_cache):
    episodes, _ = read_episodes(small_set)
    assert small_cache.frames.shape == (sum(e.length for e in episodes), 16, 16, 3)
    for index, episode in enumerate(episodes):
        cached = small_cache.episodes[index]
        assert (cached.id, cached.split, cached.fps) == (episode.id, episode.split, episode.fps)
        assert np.array_equal(small_cache.clip(index), resize(episode.frames, 16))
        assert np.array_equal(small_cache.actions(index), episode.actions)


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


def test_a_stale_cache_is_noticed(tmp_path, write_video):
    clips, folder = tmp_path / "clips", tmp_path / "cache"
    write_video(clips / "a.mp4", shades(4))
    write_video(clips / "b.mp4", shades(4))
    Cache.build(clips, folder, 16)
    write_video(clips / "b.mp4", shades(5))
    with pytest.raises(ValueError, match="is stale: b.mp4 has changed or is gone"):
        Cache.build(clips, folder, 16)
    assert len(Cache.build(clips, folder, 16, rebuild=True).frames) == 9
    (clips / "a.mp4").unlink()
    with pytest.raises(ValueError, match="is stale: a.mp4"):
        Cache.build(clips, folder, 16)


def test_a_changed_label_is_a_change(tmp_path, small_set):
    source, folder = shutil.copytree(small_set, tmp_path / "set"), tmp_path / "cache"
    Cache.build(source, folder, 8)
    index = source / "sim.jsonl"
    index.write_text(index.read_text().replace('"holdout"', '"train"'))
    with pytest.raises(ValueError, match="is stale: arm-04"):
        Cache.build(source, folder, 8)


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
    with pytest.raises(ValueError, match="damaged.*rebuild"):
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
