"""Uploads belong to the visit that sent them, and are forgotten with it."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from app.clips.sent_files import SentFiles
from app.core.limits import Limits, UserError
from app.explorer import Explorer


def test_an_upload_becomes_a_clip(explorer: Explorer, send_video) -> None:
    clip = explorer.clips.add_upload(send_video("my robot.gif"), "alice")
    assert clip.uploaded and clip.embodiment == clip.source == "upload"
    assert clip.task == "my robot.gif" and clip.instruction == ""
    assert (clip.frames, clip.fps, clip.height, clip.width) == (10, 10, 48, 64)
    assert explorer.clips.get(clip.id, "alice") == clip
    assert int(explorer.clips.frame(clip.id, 3, "alice")[0, 0, 0]) == 22
    assert explorer.clips.thumbnail(clip.id, "alice").shape == (48, 64, 3)
    seen = explorer.explore.predict("small", clip.id, 2, None, "alice")
    assert seen.future_index == 7 and seen.codes == seen.inferred
    assert len(explorer.explore.sweep("small", clip.id, 2, None, 1, "alice").images) == 8
    assert explorer.explore.presets("small", clip.embodiment)


def test_a_picture_has_no_future(explorer: Explorer, send_picture) -> None:
    clip = explorer.clips.add_upload(send_picture(), "alice")
    seen = explorer.explore.predict("small", clip.id, 0, None, "alice")
    assert clip.frames == 1 and seen.future is None and "single picture" in seen.note
    assert np.array_equal(seen.image, seen.frame)


def test_no_other_visitor_sees_an_upload(explorer: Explorer, send_video) -> None:
    mine = explorer.clips.add_upload(send_video(), "alice").id
    explorer.explore.predict("small", mine, 2, None, "alice")
    asks = [
        lambda who: explorer.clips.get(mine, who),
        lambda who: explorer.clips.frame(mine, 0, who),
        lambda who: explorer.clips.thumbnail(mine, who),
        lambda who: explorer.explore.predict("small", mine, 2, None, who),
        lambda who: explorer.explore.predict("small", mine, 2, (0, 0, 0, 0), who),
        lambda who: explorer.explore.sweep("small", mine, 2, (0, 0, 0, 0), 0, who),
        lambda who: explorer.explore.encode_clip("small", mine, 2, who),
    ]
    for ask in asks:
        ask("alice")
        for stranger in ("bob", "", None, "Alice", "alice "):
            with pytest.raises(UserError) as caught:
                ask(stranger)
            # the same words as for a clip that never was
            with pytest.raises(UserError) as unknown:
                explorer.clips.get("upload-abc", stranger)
            assert str(caught.value) == str(unknown.value).replace("upload-abc", mine)
    assert mine not in [clip.id for clip in explorer.clips.all()]


def test_ids_cannot_be_guessed(explorer: Explorer, send_picture) -> None:
    path = send_picture()
    ids = [explorer.clips.add_upload(path, f"visitor {i}").id for i in range(20)]
    assert len(set(ids)) == 20 and min(map(len, ids)) > 20


def test_a_closed_page_leaves_nothing(explorer: Explorer, send_video) -> None:
    mine, hers = (explorer.clips.add_upload(send_video(), who).id for who in ("alice", "carol"))
    for clip_id, who in ((mine, "alice"), (hers, "carol")):
        explorer.explore.predict("small", clip_id, 2, None, who)
        explorer.explore.sweep("small", clip_id, 2, None, 2, who)
    explorer.drop_session("alice")
    with pytest.raises(UserError):
        explorer.clips.get(mine, "alice")
    kept = [key[0] for key in explorer._compute._results._values]
    assert mine not in kept and hers in kept
    assert explorer.clips.get(hers, "carol")
    explorer.drop_session("alice")
    explorer.drop_session(None)
    explorer.drop_session("carol")
    assert explorer.clips._sessions.bytes == 0 and explorer._compute._results.bytes == 0


def test_only_the_latest_uploads_of_a_visit_are_kept(make_explorer, send_picture) -> None:
    service = make_explorer(Limits(uploads_per_session=2))
    first, second, third = (service.clips.add_upload(send_picture(), "alice").id for _ in range(3))
    other = service.clips.add_upload(send_picture(), "bob").id
    with pytest.raises(UserError, match="only the latest"):
        service.clips.get(first, "alice")
    for clip_id, who in ((second, "alice"), (third, "alice"), (other, "bob")):
        assert service.clips.get(clip_id, who)


def test_all_visits_together_stay_within_memory(make_explorer, send_video) -> None:
    one = 10 * 48 * 64 * 3
    service = make_explorer(Limits(session_bytes_total=3 * one))
    ids = [service.clips.add_upload(send_video(), f"visitor {i}").id for i in range(3)]
    service.clips.frame(ids[0], 0, "visitor 0")  # used again, so not the first to go
    service.clips.add_upload(send_video(), "visitor 3")
    assert service.clips._sessions.bytes == 3 * one
    assert service.clips.get(ids[0], "visitor 0")
    with pytest.raises(UserError):
        service.clips.get(ids[1], "visitor 1")


def test_an_upload_larger_than_all_memory(make_explorer, send_video) -> None:
    service = make_explorer(Limits(session_bytes_total=1000))
    with pytest.raises(UserError, match="larger than this server keeps"):
        service.clips.add_upload(send_video(), "alice")
    assert service.clips._sessions.bytes == 0


@pytest.mark.parametrize("session", [None, ""])
def test_an_upload_needs_a_visit(explorer: Explorer, send_picture, session) -> None:
    with pytest.raises(UserError, match="open page"):
        explorer.clips.add_upload(send_picture(), session)


def test_the_file_goes_when_asked(make_explorer, send_picture, tmp_path) -> None:
    explorer = make_explorer(Limits(upload_grace=0))
    kept, good, bad = send_picture("kept.png"), send_picture("good.png"), tmp_path / "bad.mp4"
    bad.write_text("not a video")
    explorer.clips.add_upload(kept, "alice")
    explorer.clips.add_upload(good, "alice", delete=True)
    with pytest.raises(UserError):
        explorer.clips.add_upload(bad, "alice", delete=True)
    assert kept.exists() and not good.exists() and not bad.exists()


def test_thirty_visitors_send_the_same_file(make_explorer, send_picture) -> None:
    explorer, same = make_explorer(Limits(upload_grace=60)), send_picture("same.png")
    clips = [explorer.clips.add_upload(same, f"visitor {n}", delete=True) for n in range(30)]
    assert len({clip.id for clip in clips}) == 30 and same.exists()
    os.utime(same, times=(time.time() - 61,) * 2)
    explorer.clips.add_upload(send_picture("next.png"), "visitor 0", delete=True)
    assert not same.exists(), "gone once nobody can be about to read it"


def test_a_file_that_somebody_waits_to_read_stays(tmp_path) -> None:
    """However long ago it was sent: the one who sent it first is done with it before the other."""
    files, same, next_one = SentFiles(grace=0), tmp_path / "same.png", tmp_path / "next.png"
    for path in (same, next_one):
        path.write_bytes(b"x")
    with files.reading([same]):
        with files.reading([same, next_one]):
            pass
        assert same.exists() and not next_one.exists()
    assert not same.exists()


def test_a_refused_upload_leaves_nothing(explorer: Explorer, tmp_path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_text("not a video")
    with pytest.raises(UserError, match="neither a picture nor a video"):
        explorer.clips.add_upload(path, "alice")
    assert explorer.clips._sessions.bytes == 0
