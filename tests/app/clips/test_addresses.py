"""Frames of clips as files: an address that follows from the content, and who gets what there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.core.limits import UserError
from app.explorer import Explorer
from app.web import frames


@pytest.fixture
def client(explorer: Explorer) -> TestClient:
    return TestClient(Starlette(routes=frames.routes(explorer.addresses.picture)))


def level(file: bytes) -> float:
    image = np.array(Image.open(io.BytesIO(file)))
    assert image.shape == (256, 256, 3)
    return float(image.mean())


def test_a_frame_lies_at_its_clips_address_for_good(explorer: Explorer, client) -> None:
    root = frames.root(explorer.addresses.of("red-push-0"))
    answer = client.get(f"/{root}7.webp")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    # a grey picture of 40 + 4 n
    assert level(answer.content) == pytest.approx(68, abs=2)
    assert level(client.get(f"/{root}0.webp").content) == pytest.approx(40, abs=2)
    for wrong in (f"/{root}20.webp", f"/{frames.root('0' * 32)}0.webp"):
        assert client.get(wrong).status_code == 404


def test_the_address_follows_from_what_is_shown(explorer: Explorer, small_world) -> None:
    ids = [clip.id for clip in explorer.clips.all()]
    mine = [explorer.addresses.of(name) for name in ids]
    assert len(set(mine)) == 3 and all(len(each) == 32 for each in mine)
    # another server with the same clips
    assert [small_world().addresses.of(name) for name in ids] == mine


def test_an_upload_is_its_visitors_alone_and_goes_with_them(
    explorer: Explorer, client, send_picture
) -> None:
    one = explorer.clips.add_upload(send_picture("a.png", 90), "one")
    two = explorer.clips.add_upload(send_picture("b.png", 90), "two")
    own, other = explorer.addresses.of(one.id, "one"), explorer.addresses.of(two.id, "two")
    assert own != other, "the same picture of somebody else has another address"
    with pytest.raises(UserError, match="no clip"):
        explorer.addresses.of(one.id, "two")
    answer = client.get(f"/{frames.root(own)}0.webp")
    assert answer.headers["cache-control"].startswith("private,")
    assert level(answer.content) == pytest.approx(90, abs=2)
    explorer.drop_session("one")
    assert client.get(f"/{frames.root(own)}0.webp").status_code == 404
    assert client.get(f"/{frames.root(other)}0.webp").status_code == 200
