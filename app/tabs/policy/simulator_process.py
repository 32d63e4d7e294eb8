"""The tabletop in a process of its own, with the policies that act in it.

    python -m app.tabs.policy.simulator_process CHANNEL

Physics, pictures and policy take their turn when the page has nothing to compute (`os.nice`), and
whatever happens to a renderer happens here. CHANNEL is an inherited socket; requests are
(verb, arguments) and answers ("ok", result), ("wrong", sentence), ("blind", sentence)
where nothing can be drawn, or ("broken", traceback).
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

NICE = 5
# environments that are kept to be used again, each with a renderer of about 80 MB
KEPT = 10
# steps of a run, a tenth of a second each: as long as the shipped rates were measured with
LONGEST = 100
# knows where every block is and what is asked for
ORACLE = "oracle"
# a fast head, which acts on the words of the large model; of both there is a folder
FAST, LARGE = "fast", "large"


@dataclass(eq=False)
class Run:
    """An episode that goes on. look: embodiment and theme. image: as it is seen now. delayed: what
    a large model has said to it, `lapa.evaluation.delayed.Delayed`, where a fast head acts."""

    look: tuple[str, str]
    env: Any
    instruction: str
    image: Any
    delayed: Any = None

    @property
    def observation(self) -> dict[str, Any]:
        """What a policy is told."""
        return {"image": self.image, "instruction": self.instruction}


class Tabletop:
    """Runs by number. policies: name -> folder."""

    def __init__(self, policies: dict[str, str]) -> None:
        self._folders = policies
        self._policies: dict[str, Any] = {}
        self._hierarchy: Any = None
        self._runs: dict[int, Run] = {}
        self._free: dict[tuple[str, str], list[Any]] = {}
        self._oracles: dict[int, Any] = {}

    def begin(
        self,
        run: int,
        *,
        seed: int,
        kind: str,
        embodiment: str,
        theme: str,
        instruction: str,
        size: int,
    ) -> dict[str, Any]:
        """A new run; instruction: empty for the seed's own. An instruction that is no task of this
        world is followed all the same, and then `judged` is False and `note` says why. chips:
        instructions that name blocks of this board, one a kind where there is one."""
        from lapa.sim.tabletop.understand import plain

        self.end(run)
        look = (embodiment, theme)
        env = self._taken(look, size)
        seen, _ = env.reset(seed=seed, options={"kind": kind})
        usual = seen["instruction"]
        # as the policies were taught, whichever way somebody writes
        told, note = plain(instruction) or usual, ""
        chips = _chips(env.world, seed)
        if told != usual:
            try:
                seen, _ = env.reset(seed=seed, options={"kind": kind, "instruction": told})
            except ValueError as error:
                note = str(error)
        self._runs[run] = Run(look, env, told, seen["image"])
        return {
            "frame": seen["image"], "instruction": told, "usual": usual, "kind": env.task.kind,
            "judged": not note, "note": note,
            "chips": [chip for chip in chips if chip not in (told, usual)],
        }  # fmt: skip

    def step(self, run: int, policy: str, judged: bool, delay: int = 0) -> dict[str, Any]:
        """A tenth of a second in which a policy acts. delay: of the large model's words where a
        fast head does, in steps; then `clock` says which word is in force, how many steps old it
        is, and whether it came now."""
        going = self._runs[run]
        action, clock = self._action(run, going, policy, delay)
        seen, _, done, cut, known = going.env.step(action)
        going.image = seen["image"]
        return {
            "frame": seen["image"], "action": tuple(map(float, action)), "clock": clock,
            "distance": known["distance"] if judged else None,
            "success": bool(done) if judged else None,
            "over": bool(cut or (done and judged)),
        }  # fmt: skip

    def _action(
        self, run: int, going: Run, policy: str, delay: int
    ) -> tuple[Any, dict[str, Any] | None]:
        if policy == ORACLE:
            world = going.env.world
            return self._oracle(run, going.env).action(world.places, world.pusher), None
        if policy != FAST:
            return self._policy(policy).act(going.image, going.instruction), None
        if going.delayed is None:
            going.delayed = self._delayed(delay)
        [action] = going.delayed([going])
        clock = going.delayed.clock(going)
        word = () if clock.word is None else tuple(map(int, clock.word))
        return action, {"word": word, "age": clock.age, "came": clock.came}

    def end(self, run: int) -> None:
        """The run is over; its environment may be used again."""
        self._oracles.pop(run, None)
        if run in self._runs:
            ended = self._runs.pop(run)
            self._free.setdefault(ended.look, []).append(ended.env)

    def _taken(self, look: tuple[str, str], size: int) -> Any:
        from lapa.sim.tabletop.env import TabletopEnv

        if self._free.get(look):
            return self._free[look].pop()
        kept = sum(map(len, self._free.values())) + len(self._runs)
        for other in self._free.values() if kept >= KEPT else ():
            if other:
                other.pop().close()
                break
        return TabletopEnv(embodiment=look[0], theme=look[1], image_size=size, longest=LONGEST)

    def _oracle(self, run: int, env: Any) -> Any:
        if run not in self._oracles:
            from lapa.sim.tabletop.oracle import Oracle

            self._oracles[run] = Oracle(env.task)
        return self._oracles[run]

    def _delayed(self, delay: int) -> Any:
        from lapa.evaluation.delayed import Delayed, hierarchy
        from lapa.models.fast_head import FastHead
        from lapa.sim.tabletop.board import STEP
        from lapa.sim.tabletop.env import FPS

        if self._hierarchy is None:
            head = FastHead.from_pretrained(Path(self._folders[FAST]))
            self._hierarchy = hierarchy(self._policy(LARGE), head, rate=FPS)
        think, react = self._hierarchy
        return Delayed(think, react, delay, bound=STEP)

    def _policy(self, name: str) -> Any:
        if name not in self._policies:
            from lapa.models.policy import LatentPolicy

            self._policies[name] = LatentPolicy.from_pretrained(Path(self._folders[name]))
        return self._policies[name]


def _chips(world: Any, seed: int) -> list[str]:
    """A task of each kind that these blocks allow, in words; the seed decides which."""
    import numpy as np

    from lapa.sim.tabletop.tasks import KINDS, sample

    rng = np.random.default_rng(seed)
    tasks = [sample(rng, kind, world.blocks, world.places) for kind in KINDS]
    return [task.instruction for task in tasks if task is not None]


def serve(channel: Connection, policies: dict[str, str]) -> None:
    """Answers until the other side is gone."""
    import torch

    from lapa.sim.recorders.headless import choose_renderer

    torch.set_num_threads(1)
    tabletop, blind = Tabletop(policies), ""
    try:
        # before mujoco is imported, which cannot change its mind
        os.environ.update(choose_renderer())
    except OSError as error:
        blind = str(error)
    while True:
        try:
            verb, run, words = channel.recv()
        except EOFError:
            return
        if blind:
            channel.send(("blind", blind))
            continue
        try:
            channel.send(("ok", getattr(tabletop, verb)(run, **words)))
        except (ValueError, OSError) as error:
            channel.send(("wrong", str(error)))
        except Exception:
            channel.send(("broken", traceback.format_exc()))


def main() -> None:
    """Answers on the connection whose number is the first argument, behind all other work."""
    os.nice(NICE)
    channel = Connection(int(sys.argv[1]))
    serve(channel, channel.recv())


if __name__ == "__main__":
    main()
