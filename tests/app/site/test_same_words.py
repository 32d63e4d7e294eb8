"""What a site says and draws by itself is what the page's Python says and draws: the scripts in
app/site/browser run in Node beside the functions that they stand for."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest

from app.core.compare import against_chance, blur, compare, edges
from app.core.trust import Trust
from app.core.views import Clip, Model
from app.tabs.explore import link
from app.tabs.explore.guess.choice import unlike
from app.tabs.explore.starts import opening_clip
from app.tabs.imagine import link as dreams
from app.web.records import figures_record, model_record
from lapa.evaluation.perception import robot_error
from lapa.evaluation.table import psnr
from lapa.imagine.sequences import SequenceError, parse_sequence, write_sequence

ROOT = Path(__file__).resolve().parents[3]
BROWSER = ROOT / "app" / "site" / "browser"
MODEL = Model("robots", "Robots", 128, 4, 8, 0.3, 5_000_000)
CLIPS = [
    Clip("panda-1", "robosuite", "panda", "lift", "lift it", 10, 30, 256, 256, "holdout"),
    Clip("iiwa-1", "robosuite", "iiwa", "lift", "lift it", 10, 9, 256, 256, "holdout"),
]


def in_node(script: str, given: object) -> object:
    """What a module's body gives for `given`; the body ends with `tell(value)`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    whole = f"""
import {{ readFileSync }} from "node:fs";
globalThis.Lapa = {{ config: {{ tabs: ["explore"], glossary: {{}}, limits: {{}} }} }};
const given = JSON.parse(readFileSync(0, "utf8"));
const tell = (value) => process.stdout.write(JSON.stringify(value));
const browser = "{BROWSER.as_uri()}/";
{script}"""
    done = subprocess.run(
        [node, "--input-type=module", "-e", whole],
        input=json.dumps(given), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


QUERIES = [
    "", "m=robots&c=panda-1&f=12&a=3.1.0.6&p=2&o=diff", "v=2&m=nobody&c=nothing&f=99",
    "c=panda-1&f=99&a=3.1.0&p=9", "c=upload-3&f=2", "f=x&a=1,b&p=-&o=odd", "a=9.9.9.9&p=-1",
    "c=iiwa-1&f=-4&a=1+2+3+4", "m=robots&p=", "f=%2B3&a=0.0.0.0",
]  # fmt: skip


def test_links_open_the_same_state_with_the_same_notes() -> None:
    def opening(clip: Clip) -> int:
        return clip.frames // 3

    wanted = []
    for query in QUERIES:
        asked, notes = link.read(dict(parse_qsl(query)))
        state, more = link.settle(asked, models=[MODEL], clips=CLIPS, opening=opening)
        told = {**link.to_event(state), "link": link.write(state)}
        wanted.append({"state": told, "notes": [*notes, *more]})
    given = {
        "queries": QUERIES,
        "models": [{**model_record(MODEL), "opening": opening_clip(CLIPS, MODEL)}],
        "clips": [{**asdict(clip), "opening": opening(clip)} for clip in CLIPS],
    }
    found = in_node(
        """const { opened, written } = await import(browser + "link.js");
        const opening = ({ opening }) => given.clips.find(({ id }) => id === opening);
        tell(given.queries.map((query) => {
          const { state, notes } = opened(query, { ...given, opening });
          return { state: { ...state, link: written(state) }, notes };
        }));""",
        given,
    )
    assert found == wanted


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Blocks that move a little from one to the next, and noise: (count, 32, 32, 3) uint8."""
    draw = np.random.default_rng(seed)
    base = np.kron(draw.integers(0, 256, (8, 8, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    rolled = np.stack([np.roll(base, n, axis=1) for n in range(count)])
    return np.clip(rolled + draw.normal(0, 6, rolled.shape), 0, 255).astype(np.uint8)


def rgba(frames: np.ndarray) -> list[list[int]]:
    whole = np.full((*frames.shape[:3], 4), 255, np.uint8)
    whole[..., :3] = frames
    return whole.reshape(len(frames), -1).tolist()


PICTURES = """const { figures, robotError, psnr } = await import(browser + "compare.js");
const all = given.pictures.map((data) => ({ data: Uint8ClampedArray.from(data), side: 32 }));
"""


@pytest.mark.parametrize("chance", [None, 0.6, 1.4, 5.0])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 2), (1, 1, 1), (0, 2, 2), (3, 0, 1)])
def test_a_prediction_is_judged_the_same(chance: float | None, order: tuple[int, ...]) -> None:
    frames = pictures(4)
    image, frame, future = (frames[n] for n in order)
    told = compare(image, frame, future)
    wanted = figures_record(
        told, against_chance(told.mse_ratio, chance), blur(image, edges(frame, future))
    )
    found = in_node(
        PICTURES + "tell(figures(all[0], all[1], all[2], given.chance));",
        {"pictures": rgba(np.stack([image, frame, future])), "chance": chance},
    )
    assert found == wanted


def test_a_replay_is_measured_where_the_robot_is() -> None:
    frames = pictures(4, seed=3)
    image, future, held, before = frames
    wanted = psnr(robot_error(image[None], future[None], held[None], before[None]))[0]
    found = in_node(PICTURES + "tell(psnr(robotError(...all)));", {"pictures": rgba(frames)})
    assert found == pytest.approx(wanted, abs=1e-6)


def test_the_same_wrong_answers_look_wrong() -> None:
    frames = pictures(12, seed=5)
    frame, future, right, rest = frames[0], frames[2], frames[2], list(frames[3:])
    wanted = [unlike(frame, future, right, rest, count) for count in (1, 3, 9)]
    found = in_node(
        """const { unlike } = await import(browser + "fair.js");
        const pixels = (data) => ({ data: Uint8ClampedArray.from(data), side: 32 });
        const [frame, , future, ...rest] = given.pictures.map(pixels);
        tell([1, 3, 9].map((count) => unlike(frame, future, future, rest, count)));""",
        {"pictures": rgba(frames)},
    )
    assert found == wanted and wanted[0] is not None


def test_a_game_draws_as_numpy_draws() -> None:
    games = [(0, 0), (123456, 7), (999999, 9)]

    def draw(seed: int, number: int) -> list[object]:
        rng = np.random.default_rng([seed, number])
        first = [int(rng.integers(most)) for most in (20, 54, 1, 3, 1_000_000)]
        rows = rng.integers(8, size=(15, 4)).tolist()
        return [first, rows, rng.permutation(4).tolist(), int(rng.integers(7))]

    found = in_node(
        """const { generator } = await import(browser + "random.js");
        tell(given.map((seeds) => {
          const draw = generator(seeds), first = [20, 54, 1, 3, 1000000].map(draw.integer);
          const row = () => Array.from({ length: 4 }, () => draw.integer(8));
          const rows = Array.from({ length: 15 }, row);
          return [first, rows, draw.permutation(4), draw.integer(7)];
        }));""",
        games,
    )
    assert found == [draw(*game) for game in games]


SEQUENCES = [
    "[3,1,0,6] x4, [0,0,2,1]", "([1,2,3,4] x2; [0,0,0,0]) × 3", "[1,2,3]", "[1,2,3,9]", "",
    "[1,2,3,4] x0", "[1,2,3,4],\n[5,6,7,x]", "([1,2,3,4]", "[1,2,3,4] x5000", "[0,0,0,0],",
]  # fmt: skip


def test_sequences_are_read_and_refused_alike() -> None:
    def read(text: str) -> object:
        try:
            steps = parse_sequence(text, code_length=4, codebook_size=8)
        except SequenceError as error:
            return [str(error), error.position, error.pointer]
        return [list(map(list, steps)), write_sequence(steps)]

    found = in_node(
        """const { parse, text } = await import(browser + "sequences.js");
        tell(given.map((each) => {
          try {
            const steps = parse(each, { positions: 4, values: 8 });
            return [steps, text(steps)];
          } catch (error) { return [error.message, error.position, error.pointer]; }
        }));""",
        SEQUENCES,
    )
    assert found == [read(text) for text in SEQUENCES]


def test_a_dream_in_a_link_is_read_alike() -> None:
    texts = ["3.1.0.6*4_0.0.2.1~@2:5.0.0.0", "", "1.2*3~@9:1.2", "x", "1.2*9999"]

    def read(text: str) -> object:
        try:
            return [[parent, list(codes)] for parent, codes in dreams.read_tree(text)]
        except Exception as error:
            return str(error)

    found = in_node(
        """const { tree } = await import(browser + "sequences.js");
        tell(given.map((text) => {
          try { return tree(text); } catch (error) { return error.message; }
        }));""",
        texts,
    )
    assert found == [read(text) for text in texts]


def test_a_dream_is_trusted_as_far() -> None:
    sharp = [1.0, 0.9, 0.7, 0.55, 1.2]

    def told(values: list[float]) -> list[str]:
        trust, said = Trust(moves="car"), []
        for step, value in enumerate(values):
            trust = trust.after(step, value, None)
            said.append(trust.sentence(step, value, None))
        return said

    found = in_node(
        """const { after, beginning, sentence } = await import(browser + "trust.js");
        let trust = beginning("car");
        tell(given.map((sharp, step) => {
          trust = after(trust, step, sharp);
          return sentence(trust, step, sharp);
        }));""",
        sharp,
    )
    assert found == told(sharp)
