"""Exactly the files that belong to it go to the Hub, in one commit, with a card that is true."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import yaml

from lapa.__main__ import main
from lapa.data.labels import ABOUT, Labels, part
from lapa.hub import push_to_hub, uploads
from lapa.scale import Parts

CHECKPOINTS = Path(__file__).parents[2] / "assets" / "checkpoints"
EIGHT = CHECKPOINTS / "eight"
WEIGHTS = {"SHA256SUMS", "config.json", "model.safetensors"}
REPORT = {
    "pairs": 12,
    "episodes": 3,
    "data": "clips",
    "findings": [
        {"question": "Are all codes used?", "name": "codes used", "figure": "8 of 8",
         "verdict": "good", "value": 8.0},
        {"question": "Is it clear?", "name": "sharpness", "figure": "unknown",
         "verdict": "unknown", "value": None},
    ],
}  # fmt: skip


@pytest.fixture
def hub(monkeypatch) -> list:
    """What would go up: (kind of repository, its id, private, files by name) of each commit."""
    commits, made = [], {}

    class Api:
        def __init__(self, token=None) -> None:
            assert token is None

        def create_repo(self, repo_id, *, repo_type, private, exist_ok) -> str:
            made[repo_id] = repo_type, private
            return f"hub:{repo_id}"

        def create_commit(self, repo_id, operations, *, repo_type, commit_message) -> None:
            assert made[repo_id][0] == repo_type and commit_message.endswith("by lapa")
            files = {}
            for each in operations:
                with each.as_file() as content:
                    files[each.path_in_repo] = content.read()
            commits.append((repo_type, repo_id, made[repo_id][1], files))

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    return commits


@pytest.fixture
def quantizer(tmp_path) -> Path:
    """A checkpoint without a card, among what does not belong to it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in (*WEIGHTS, "keys.json"):
        shutil.copy(EIGHT / name, folder / name)
    for name in ("notes.txt", "optimizer.pt", ".config.json.writing"):
        (folder / name).write_text("mine")
    return folder


def header(card: bytes) -> dict:
    return yaml.safe_load(card.decode().split("---\n")[1])


def test_a_quantizer_goes_up_with_a_card_of_its_figures(quantizer, hub) -> None:
    url = push_to_hub(quantizer, "me/mine", report=REPORT, private=True)
    [(kind, where, private, files)] = hub
    assert (url, kind, where, private) == ("hub:me/mine", "model", "me/mine", True)
    assert set(files) == {*WEIGHTS, "keys.json", "README.md"}
    assert files["config.json"] == (quantizer / "config.json").read_bytes()
    card = files["README.md"].decode()
    assert header(files["README.md"])["library_name"] == "lapa-explorer"
    assert 'from_pretrained("me/mine")' in card and "1 codes out of 8" in card
    assert "12 frame pairs of 3 episodes (clips)" in card
    assert "| Are all codes used? | codes used | 8 of 8 | good |" in card
    # what is unknown is no figure, and without a checkup there is none
    assert "sharpness" not in card
    assert "Nothing was measured yet" in uploads(quantizer, "me/mine")["README.md"].decode()


def test_figures_come_from_a_checkup_and_from_what_was_published(quantizer, hub, tmp_path, capsys):
    file = tmp_path / "report.json"
    file.write_text(json.dumps(REPORT))
    assert main(["push", str(quantizer), "me/mine", "--report", str(file)]) == 0
    assert "8 of 8" in hub[0][3]["README.md"].decode() and "hub:me/mine" in capsys.readouterr().out
    results = str(CHECKPOINTS.parent / "results.json")
    assert main(["push", str(quantizer), "me/mine", "--report", results]) == 2
    assert "holds no checkup of mine" in capsys.readouterr().err
    eight = quantizer.rename(quantizer.with_name("eight"))
    assert main(["push", str(eight), "me/eight", "--report", results]) == 0
    told = json.loads(Path(results).read_text("utf-8"))["eight"]
    measured = f"{told['pairs']} frame pairs of {told['episodes']} episodes (cache/tabletop-128)"
    assert measured in hub[1][3]["README.md"].decode()


def test_a_card_that_is_there_is_kept_and_a_dry_run_sends_nothing(hub, capsys) -> None:
    assert main(["push", str(EIGHT), "me/eight", "--dry-run"]) == 0
    listed = {line.split()[1]: line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {*WEIGHTS, "names.json", "ground.npz", "codes-0.webp", "README.md"} < set(listed)
    assert listed["README.md"].replace(",", "") == str((EIGHT / "README.md").stat().st_size)
    assert not hub


def test_models_have_it_as_a_method(hub) -> None:
    from lapa import LatentActionQuantizer, LatentPolicy

    LatentActionQuantizer.from_pretrained(EIGHT).push_to_hub("me/eight", report=REPORT)
    assert set(hub[0][3]) == {*WEIGHTS, "README.md"}
    LatentPolicy.from_pretrained(CHECKPOINTS / "tabletop-acting").push_to_hub("me/acting")
    names = {f"{part}/{name}" for part in ("model", "image_tokenizer") for name in WEIGHTS}
    assert names <= set(hub[1][3])
    rest = set(hub[1][3]) - names
    assert rest == {"README.md", "config.json", "tokenizer.model", "bins.csv"}
    assert "policy.act(frame" in hub[1][3]["README.md"].decode()


def test_a_policy_goes_up_with_how_often_it_succeeds(hub, tmp_path, capsys) -> None:
    acting = tmp_path / "tabletop-acting"
    shutil.copytree(CHECKPOINTS / "tabletop-acting", acting)
    (acting / "README.md").unlink()
    results = str(CHECKPOINTS.parent / "results.json")
    assert main(["push", str(acting), "me/acting", "--report", results]) == 0
    card = hub[0][3]["README.md"].decode()
    kept = json.loads(Path(results).read_text())["success"]["tabletop-acting"]["rates"]["all"]
    assert f"{kept['done']} of {kept['of']}" in card and "95 % Wilson intervals" in card
    other = acting.rename(acting.with_name("another"))
    assert main(["push", str(other), "me/acting", "--report", results]) == 2
    assert "holds nothing of another" in capsys.readouterr().err


def test_an_atlas_goes_up_as_a_data_set(hub, tmp_path) -> None:
    shutil.copytree(CHECKPOINTS.parent / "atlas" / "eight", tmp_path / "map")
    (tmp_path / "map" / "README.md").unlink()
    push_to_hub(tmp_path / "map", "me/map")
    [(kind, _, _, files)] = hub
    assert kind == "dataset"
    sheets = {f"thumbnails-{n:02d}.webp" for n in range(7)}
    assert set(files) == {"README.md", "atlas.parquet", *sheets}
    assert header(files["README.md"])["configs"][0]["data_files"] == "atlas.parquet"
    card = files["README.md"].decode()
    assert "5844 frame pairs by the latents of `eight`" in card
    assert "| umap2 | 0.20 | 0.63 | 1.00 |" in card


def labels(folder: Path) -> Parts:
    about = {"code_length": 2, "codebook_size": 8, "gap_seconds": 0.3}
    parts = Parts(folder, ABOUT, about)
    codes = np.array([[1, 2], [3, 4], [7, 0]])
    parts.write(0, part(["a", "b"], [2, 1], np.array([0, 1, 0]), np.array([3, 3, 3]), codes))
    return parts


def test_labels_go_up_once_they_are_whole_and_are_read_as_a_table(hub, tmp_path) -> None:
    parts = labels(tmp_path)
    with pytest.raises(ValueError, match="unfinished"):
        push_to_hub(tmp_path, "me/labels")
    parts.finish()
    push_to_hub(tmp_path, "me/labels")
    [(kind, _, _, files)] = hub
    assert kind == "dataset" and set(files) == {"README.md", "labels.json", "part-00000.parquet"}
    assert "of 3 frame pairs, 0.3 s apart: 2 codes out of 8" in files["README.md"].decode()
    assert header(files["README.md"])["configs"][0]["data_files"] == "part-*.parquet"
    # what comes down is what went up, and any reader of parquet has it as plain columns
    (tmp_path / "down").mkdir()
    for name, content in files.items():
        (tmp_path / "down" / name).write_bytes(content)
    assert Labels.open(tmp_path / "down").codes.tolist() == [[1, 2], [3, 4], [7, 0]]
    import pyarrow.dataset

    table = pyarrow.dataset.dataset(tmp_path / "down" / "part-00000.parquet").to_table()
    assert table.to_pylist()[1] == {"episode": "a", "t": 1, "gap_frames": 3, "codes": [3, 4]}


def test_a_labelled_lerobot_set_goes_up_whole_and_alone(hub, tmp_path) -> None:
    about = {
        "codebase_version": "v3.0", "robot_type": "panda", "total_episodes": 2, "fps": 10,
        "total_frames": 20, "features": {"latent_action": {"dtype": "int64", "shape": [4]}},
    }  # fmt: skip
    files = {
        "meta/info.json": json.dumps(about),
        "meta/episodes/chunk-000/file-000.parquet": "e",
        "data/chunk-000/file-000.parquet": "d",
        "videos/observation.images.camera/chunk-000/file-000.mp4": "v",
    }
    for name, content in {**files, "notes.txt": "mine", "data/draft.tmp": "x"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    push_to_hub(tmp_path, "me/set")
    [(kind, _, _, sent)] = hub
    assert kind == "dataset" and set(sent) == {*files, "README.md"}
    assert header(sent["README.md"])["configs"][0]["data_files"] == "data/*/*.parquet"
    assert "| `latent_action` | int64 | [4] |" in sent["README.md"].decode()


def test_a_fast_head_goes_up_with_its_bins(tmp_path) -> None:
    shipped = EIGHT.parent / "tabletop-fast"
    assert "bins.csv" in uploads(shipped, "me/fast") and "usage.json" not in uploads(shipped, "a/b")
    for name in ("config.json", "model.safetensors", "bins.csv"):
        shutil.copy(shipped / name, tmp_path / name)
    sent = uploads(tmp_path, "me/fast")
    assert set(sent) == {"config.json", "model.safetensors", "bins.csv", "README.md"}
    card = sent["README.md"].decode()
    assert 'FastHead.from_pretrained("me/fast")' in card and "10 times a second" in card
    assert "2 numbers in 32 bins" in card and "Nothing was measured yet" in card


def test_an_inverse_dynamics_model_goes_up_as_what_it_is(tmp_path) -> None:
    from lapa.data.bins import ActionBins
    from lapa.models.inverse_dynamics import InverseDynamics, InverseDynamicsConfig

    bins = ActionBins.fit(np.random.default_rng(0).normal(size=(64, 2)), 8)
    config = InverseDynamicsConfig(image_size=16, width=8, keypoints=2, hidden=8, bins=8)
    InverseDynamics(config, bins).save_pretrained(tmp_path)
    card = uploads(tmp_path, "me/inverse")["README.md"].decode()
    assert 'InverseDynamics.from_pretrained("me/inverse")' in card and "2 numbers in 8 bins" in card


def test_what_cannot_go_up_is_said(quantizer, tmp_path, monkeypatch, capsys) -> None:
    with pytest.raises(ValueError, match=r"owner/name; received 'mine'"):
        uploads(quantizer, "mine")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        uploads(tmp_path / "nowhere", "me/mine")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds none of these: policy"):
        uploads(tmp_path / "empty", "me/mine")

    class Api:
        def __init__(self, token=None) -> None: ...

        def create_repo(self, *_, **__) -> str:
            raise OSError("no network\nand much more")

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    assert main(["push", str(quantizer), "me/mine"]) == 2
    error = capsys.readouterr().err
    assert error == "lapa push: me/mine was not written on the Hub (OSError: no network)\n"
