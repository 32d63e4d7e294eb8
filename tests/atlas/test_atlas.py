"""The atlas: clusters that are known, placement, the table on disk, and what codes tell."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lapa.atlas import (
    Atlas,
    Points,
    code_usage,
    embed,
    join,
    map_quality,
    place,
    principal,
    read_atlas,
    regions,
    umap,
    write_atlas,
)
from lapa.atlas.embed import stride
from lapa.atlas.points import sectors
from lapa.atlas.project import sample
from lapa.atlas.quality import chance
from lapa.atlas.store import TILES, sheet_of, sheets_of
from lapa.atlas.usage import mutual_information, shuffled_clips
from lapa.data import Episode

SIDE = 16


def points(count: int = 240, *, clusters: int = 3, clips: int = 12, seed: int = 0) -> Points:
    """Well apart clusters of latents, one an embodiment; codes say the cluster, motion nothing."""
    rng = np.random.default_rng(seed)
    which = np.arange(count) % clusters
    clip = np.array([f"clip-{n % clips:02d}" for n in range(count)])
    latent = rng.normal(0, 0.1, (count, 2, 3)) + 10 * np.eye(3)[which % 3][:, None]
    angle = rng.uniform(0, 2 * np.pi, count)
    words = np.array([f"robot-{n}" for n in which])
    return Points(
        clip=clip,
        embodiment=words,
        task=words,
        instruction=words,
        split=np.full(count, "holdout"),
        index=np.arange(count, dtype=np.int32),
        gap=np.full(count, 6, np.int32),
        aspect=np.ones(count, np.float32),
        codes=np.stack([which, np.zeros(count)], 1).astype(np.uint8),
        latent=latent.astype(np.float32),
        motion=np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32) * 0.1,
        centre=np.full((count, 2), 0.5, np.float32),
        displacement=np.full((count, 3), np.nan, np.float32),
        first=np.arange(count, dtype=np.int32),
        second=np.arange(count, dtype=np.int32) + 1,
    )


# Embedding


class Shift:
    """Its latent is the change of brightness; two positions, the second always code 1."""

    config = SimpleNamespace(gap_seconds=0.5, image_size=SIDE)

    def resize(self, frames: np.ndarray) -> np.ndarray:
        return frames[:, :SIDE, :SIDE]

    def infer(self, frames: np.ndarray, first, second) -> tuple[np.ndarray, np.ndarray]:
        change = (frames[second].astype(float) - frames[first]).mean((1, 2, 3))
        codes = np.stack([np.clip(change, 0, 7), np.ones(len(change))], 1).astype(np.int64)
        return codes, np.repeat(change[:, None, None], 2, 1).astype(np.float32)


def episode(name: str, length: int, fps: float = 8.0, actions: bool = True) -> Episode:
    frames = np.broadcast_to(
        np.arange(length, dtype=np.uint8)[:, None, None, None], (length, 20, 30, 3)
    )
    told = np.stack([np.arange(length - 1), np.ones(length - 1)], 1).astype(np.float32)
    return SimpleNamespace(
        id=name, embodiment="arm", task="push", instruction="push it", split="train", fps=fps,
        frames=frames, height=20, width=30, actions=told if actions else None,
        action_names=("x", "gripper"),
    )  # fmt: skip


def test_an_episode_becomes_points_that_share_thumbnails() -> None:
    parts = list(embed(Shift(), [episode("a", 12), episode("short", 4), episode("b", 9)], side=8))
    found = join(parts)
    # a gap of 4 frames, a pair a frame: 12 - 4 and 9 - 4 of them
    assert [part.done for part in parts] == [1, 3] and len(found) == 8 + 5
    assert (
        found.aspect[0] == 1.5
        and found.gap.tolist() == [4] * 13
        and found.index[8:].tolist() == [0, 1, 2, 3, 4]
    )
    assert found.codes[0].tolist() == [4, 1] and found.latent.shape == (13, 2, 1)
    assert [len(part.thumbnails) for part in parts] == [12, 9]
    assert found.first[8] == 12 and found.second[0] == 4 and found.second[-1] == 20
    assert parts[1].thumbnails[3].max() == 3  # the fourth frame of b
    # x was told 0, 1, 2, …: rows t to t+3 add up
    assert found.displacement[2, 0] == 2 + 3 + 4 + 5 and np.isnan(found.displacement[2, 1])


def test_without_actions_the_displacement_is_unknown_and_without_pairs_it_is_said() -> None:
    (part,) = embed(Shift(), [episode("a", 9, actions=False)])
    assert np.isnan(part.points.displacement).all()
    with pytest.raises(ValueError, match="every episode is shorter"):
        join(list(embed(Shift(), [episode("a", 3)])))


@pytest.mark.parametrize(
    ("gap", "thin", "step"), [(6, 3, 2), (10, 3, 2), (3, 3, 1), (1, 3, 1), (7, 3, 1)]
)
def test_the_step_divides_the_gap(gap: int, thin: int, step: int) -> None:
    assert stride(gap, thin) == step and gap % step == 0


def test_sectors_count_from_the_right_anticlockwise() -> None:
    motion = [(1, 0), (1, -1), (0, -1), (-1, 0), (0, 1), (0.001, 0)]
    assert sectors(np.array(motion) * 0.1).tolist() == [0, 1, 2, 4, 6, 8]


# Maps


def test_principal_axes_of_a_known_spread() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3)) * [5, 1, 0.1]
    found = principal(x, 2)
    assert found.about["variance"][0] == pytest.approx(25 / 26, abs=0.02)
    assert np.abs(np.corrcoef(found.coordinates[:, 0], x[:, 0])[0, 1]) > 0.999
    assert np.allclose(found.transform(x[:3]), found.coordinates[:3], atol=1e-4)
    with pytest.raises(ValueError, match="accepted are .N, F. and 1 to N"):
        principal(x[:3], 4)


def test_latents_of_two_numbers_are_flat_in_three_dimensions() -> None:
    x = np.random.default_rng(0).normal(size=(50, 2)) * [3, 1]
    found = principal(x, 3)
    assert np.allclose(found.coordinates[:, :2], principal(x, 2).coordinates, atol=1e-5)
    assert found.coordinates.shape == (50, 3) and not found.coordinates[:, 2].any()
    assert found.about["variance"][2] == 0


@pytest.mark.slow
def test_umap_keeps_clusters_apart_and_is_the_same_for_its_seed() -> None:
    cloud = points(150)
    found = umap(cloud.flat, 2, neighbours=10, seed=3)
    again = umap(cloud.flat, 2, neighbours=10, seed=3)
    assert np.array_equal(found.coordinates, again.coordinates)
    quality = map_quality(cloud, {"umap2": found.coordinates})
    assert quality["umap2"]["embodiment"] == 1 and quality["umap2"]["trustworthiness"] > 0.8
    placed = found.transform(cloud.flat[:5] + 0.01)
    middle = found.coordinates[cloud.codes[:, 0] == 0].mean(0)
    assert np.linalg.norm(placed[0] - middle) < np.linalg.norm(placed[1] - middle)
    # more points than are fitted: the others are placed on the map
    few = umap(cloud.flat, 2, neighbours=10, fitted=90)
    assert few.coordinates.shape == (150, 2) and few.about["fitted"] == 90
    trusted = few.about["trustworthiness"]
    assert trusted.keys() == {"fitted", "placed"} and min(trusted.values()) > 0.7


def test_a_sample_by_density_keeps_what_is_rare() -> None:
    # 9900 points in one place and 100 far away: of 400 that are drawn by chance 4 would be these
    rng = np.random.default_rng(0)
    latents = rng.normal(0, 0.1, (10_000, 2))
    latents[5000:5100] += 20
    rows = sample(latents, 400)
    assert len(np.unique(rows)) == 400 and np.array_equal(rows, sample(latents, 400))
    assert ((rows >= 5000) & (rows < 5100)).sum() > 8
    assert sample(latents, 10_000).tolist() == list(range(10_000))
    # where a cell cannot give its share, the others do
    assert len(sample(latents, 9_990)) == 9_990


def test_too_few_points_for_umap_are_said() -> None:
    with pytest.raises(ValueError, match="more points than neighbours; received 10 and 15"):
        umap(np.zeros((10, 3)), 2)


def test_new_pairs_are_placed_by_their_nearest() -> None:
    known = np.array([[0.0, 0], [0, 1], [10, 10], [10, 11]])
    map_ = np.array([[0.0, 0], [0, 2], [50, 50], [50, 52]])
    assert place(known, map_, known[2]).tolist() == [[50, 50]]
    between = place(known, map_, np.array([[0, 0.5], [10, 10.5]]), count=2)
    assert np.allclose(between, [[0, 1], [50, 51]])


# Quality


def test_purity_of_known_clusters_and_of_noise() -> None:
    cloud = points(300)
    noise = np.random.default_rng(1).normal(size=(300, 2))
    found = map_quality(cloud, {"good": cloud.flat[:, :3], "noise": noise})
    assert found["good"]["embodiment"] == found["latents"]["code_0"] == 1
    assert found["noise"]["embodiment"] == pytest.approx(found["chance"]["embodiment"], abs=0.05)
    assert found["good"]["direction"] == pytest.approx(found["chance"]["direction"], abs=0.08)
    assert found["good"]["trustworthiness"] > 0.85 > 0.6 > found["noise"]["trustworthiness"]
    assert found["good"]["code_1"] == 1  # a code that is always the same is no news: see chance
    assert found["chance"]["code_1"] == 1


def test_neighbours_are_of_other_clips() -> None:
    # every clip is one place: only its own pairs are near
    cloud = points(120, clips=12)
    space = np.array([[int(name[-2:]), 0.0] for name in cloud.clip])
    found = map_quality(cloud, {"clips": space})
    assert found["clips"]["embodiment"] < 0.5


def test_chance_in_closed_form() -> None:
    labels, clip = np.array(list("aabb")), np.array(["1", "2", "1", "2"])
    # of the pairs of rows from different clips, half are alike
    assert chance(labels, clip) == pytest.approx(0.5)


# Regions


def three_islands() -> tuple[np.ndarray, np.ndarray]:
    """900 places in three islands far apart, and the island of each."""
    island = np.repeat([0, 1, 2], 300)
    spread = np.random.default_rng(0).normal(0, 0.3, (900, 2))
    return np.array([[0, 0], [10, 0], [0, 10]])[island] + spread, island


def test_a_region_is_called_after_what_it_shares_by_contrast_and_not_by_count() -> None:
    space, island = three_islands()
    # most of every island is robot 0, all of the third moves left and nobody else does
    robot = np.where(np.arange(900) % 10 == 0, 1, 0)
    way = np.where(island == 2, 4, np.arange(900) % 4)
    found = regions(space, [{"robot": robot, "way": way}, {"code0": island}], cells=9)
    (left,) = [own for own in found.labelled if own.name == "way"]
    assert (left.value, left.pairs, left.share, left.rest) == (4, 300, 1.0, 0.0)
    assert np.linalg.norm(np.array(left.place) - [0, 10]) < 1
    # where no word fits the codes do, and cells of one label that touch are one region
    codes = [own for own in found.labelled if own.name == "code0"]
    assert sorted((own.value, own.pairs) for own in codes) == [(0, 300), (1, 300)]
    assert len(found.labelled) == 3 and sum(len(own.cells) for own in found.labelled) == 9


def test_what_everybody_shares_names_nothing_and_a_seed_gives_the_same_again() -> None:
    space, island = three_islands()
    assert regions(space, [{"robot": np.zeros(900, int)}]).labelled == ()
    assert regions(space, [{"way": np.where(island == 1, -1, -2)}]).labelled == ()
    one, two = (regions(space, [{"code0": island}]) for _ in range(2))
    assert np.array_equal(one.middles, two.middles) and one.labelled == two.labelled
    # all points in one place are one cell
    assert len(regions(np.zeros((5, 2)), [{}]).middles) == 1


# Use


def test_mutual_information_in_closed_form() -> None:
    x = np.array([0, 1, 2, 3] * 25)
    assert mutual_information(x, x) == pytest.approx(2)
    assert mutual_information(x, x % 2) == pytest.approx(1)
    assert mutual_information(x, np.zeros(100)) == pytest.approx(0)
    assert mutual_information(np.stack([x % 2, x // 2], 1), x) == pytest.approx(2)


def test_whole_clips_change_places() -> None:
    clip = np.repeat(["a", "b", "c"], 4)
    order = shuffled_clips(clip, np.random.default_rng(2))
    assert sorted(order.tolist()) == list(range(12)) and order.tolist() != list(range(12))
    assert all((np.diff(order[at : at + 4]) == 1).all() for at in (0, 4, 8))


def test_use_of_codes_against_chance() -> None:
    cloud = points(360, clips=36)
    told = code_usage(cloud, 4, draws=20)
    assert told["overall"]["counts"] == [[120, 120, 120, 0], [360, 0, 0, 0]]
    assert told["overall"]["perplexity"] == [3.0, 1.0]
    bits = told["divergence"]["bits"]
    # at one of two positions the embodiments have no code in common
    assert bits[0][1] == pytest.approx(0.5) and bits[0][0] == 0
    body = told["information"]["embodiment"]
    assert body["code_0"]["bits"] == pytest.approx(np.log2(3), abs=1e-3)
    assert body["code_1"]["bits"] == 0 and body["all"]["bits"] == body["code_0"]["bits"]
    way = told["information"]["direction"]["code_0"]
    assert way["bits"] < way["high"] * 1.5 and way["chance"] > 0
    assert told["frequent"][0] == {"codes": [0, 0], "pairs": 120, "embodiments": {"robot-0": 120}}


# On disk


def test_a_table_comes_back_as_it_was(tmp_path) -> None:
    cloud = points(50)
    maps = {"pca2": cloud.flat[:, :2], "umap3": cloud.flat[:, :3]}
    write_atlas(tmp_path, Atlas(cloud, maps, {"model": "robots", "codebook_size": 8}))
    back = read_atlas(tmp_path)
    assert back.about == {"model": "robots", "codebook_size": 8} and len(back) == 50
    for name in ("clip", "embodiment", "task", "index", "gap", "codes", "first", "second"):
        column = getattr(back.points, name)
        assert np.array_equal(column, getattr(cloud, name))
    assert back.points.latent.shape == (50, 2, 3) and back.points.latent.dtype == np.float32
    assert np.allclose(back.points.latent, cloud.latent, rtol=1e-3, atol=1e-3)
    assert np.isnan(back.points.displacement).all()
    assert np.array_equal(back.maps["umap3"], maps["umap3"])


def test_no_table_or_another_one_is_said(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m lapa atlas"):
        read_atlas(tmp_path)
    (tmp_path / "atlas.parquet").write_bytes(b"PAR1 but not really PAR1")
    with pytest.raises(ValueError, match=r"atlas.parquet is damaged or no atlas"):
        read_atlas(tmp_path)


def test_thumbnails_lie_in_their_sheets() -> None:
    images = np.zeros((TILES**2 + 3, 8, 8, 3), np.uint8)
    images[TILES + 2], images[TILES**2 + 1] = 200, 250
    sheets = [np.asarray(Image.open(io.BytesIO(each))) for each in sheets_of(images)]
    assert [sheet.shape for sheet in sheets] == [(8 * TILES, 8 * TILES, 3), (8, 8 * TILES, 3)]
    for number, level in ((TILES + 2, 200), (TILES**2 + 1, 250), (0, 0)):
        name, column, row = sheet_of(number)
        sheet = sheets[int(name[-7:-5])]
        assert abs(int(sheet[8 * row + 4, 8 * column + 4, 0]) - level) < 12
