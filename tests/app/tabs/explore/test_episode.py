"""An episode as a whole: its codes at each frame, and the robot's action as curves."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.limits import UserError
from app.explorer import Explorer
from app.tabs.explore.episode import commands


def test_every_frame_with_a_future_has_its_code(explorer: Explorer, quantizer) -> None:
    episode = explorer.explore.episode("small", "red-push-0")
    # five frames later is 2.5 steps brighter
    assert episode.codes == ((2, 2, 2, 2),) * 15 + (None,) * 5
    assert episode.commands == ()
    quantizer.calls.clear()
    assert explorer.explore.episode("small", "red-push-0").codes == episode.codes
    assert quantizer.calls == [], "read once"
    assert not quantizer.overlapped


def test_the_codes_are_those_of_a_press_across_batches(make_explorer, small_clips) -> None:
    clip = small_clips[0]
    clip.length = 50  # more than a batch of 16
    explorer = make_explorer(read=lambda folder: (small_clips, None))
    codes = explorer.explore.episode("small", clip.id).codes
    assert len(codes) == 50
    for index in (0, 11, 15, 16, 37, 44, 45):
        assert codes[index] == explorer.explore.predict("small", clip.id, index).inferred


def test_a_clip_that_ends_before_its_first_future_has_none(explorer: Explorer, send_picture):
    sent = explorer.clips.add_upload(send_picture(), "one")
    assert explorer.explore.episode("small", sent.id, "one").codes == (None,)
    with pytest.raises(UserError, match="no clip"):
        explorer.explore.episode("small", sent.id, "two")


def test_the_robots_action_is_a_curve_a_number_or_its_size() -> None:
    few = np.array([[1.0, -2.0], [0.5, np.nan]], np.float32)
    assert commands(few, ("x", "y")) == (("x", (1.0, 0.5)), ("y", (-2.0, 0.0)))
    many = np.full((3, 25), 2.0, np.float32)
    assert commands(many, tuple("j" * 25)) == (("size of all 25 commands", (10.0,) * 3),)
    assert commands(None, ()) == commands(np.zeros((4, 0), np.float32), ()) == ()
