"""/imagine of a really launched app: a video and its record, through gradio_client."""

from __future__ import annotations

from collections.abc import Iterator

import av
import pytest

gr = pytest.importorskip("gradio")
gradio_client = pytest.importorskip("gradio_client")

from app.page import register  # noqa: E402


@pytest.fixture(scope="module")
def client(small_world) -> Iterator[gradio_client.Client]:
    with gr.Blocks(title="Test") as page:
        register(small_world())
    page.queue(max_size=64)
    _, url, _ = page.launch(
        prevent_thread_lock=True, server_name="127.0.0.1", quiet=True, mcp_server=True
    )
    yield gradio_client.Client(url, verbose=False)
    page.close()


def frames(video: dict | str) -> int:
    path = video["video"] if isinstance(video, dict) else video
    with av.open(path) as opened:
        return len(list(opened.decode(video=0)))


def test_a_sequence_becomes_a_video_and_its_record(client) -> None:
    video, record = client.predict(
        actions="[1,0,2,0] x3, [0,0,0,1]", clip="red-push-0", index=2, api_name="/imagine"
    )
    assert frames(video) == 5 and record["text"] == "[1,0,2,0] x3, [0,0,0,1]"
    assert len(record["codes"]) == 4 and len(record["sharpness"]) == 5
    assert record["psnr"] is None and record["distance"] == [None] * 5


def test_without_actions_the_clip_is_followed(client) -> None:
    video, record = client.predict(clip="red-push-0", steps=2, api_name="/imagine")
    assert frames(video) == 3 and len(record["psnr"]) == len(record["copy_psnr"]) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"clip": "red-push-0", "actions": "[1,0,9,0]"}, 'Character 6: found "9"'),
        ({"clip": "nobody"}, "no clip"),
        ({"actions": "[1,0,2,0]"}, "picture `frame` is missing"),
        ({"clip": "red-push-0", "index": 18}, "nothing to replay"),
        ({"clip": "red-push-0", "steps": "many"}, "whole number"),
    ],
)
def test_what_is_wrong_is_one_sentence(client, arguments, sentence) -> None:
    with pytest.raises(Exception) as caught:
        client.predict(api_name="/imagine", **arguments)
    assert sentence in str(caught.value) and "Traceback" not in str(caught.value)


def test_it_is_documented(client) -> None:
    named = client.view_api(return_format="dict")["named_endpoints"]
    names = [each["parameter_name"] for each in named["/imagine"]["parameters"]]
    assert names == ["actions", "frame", "clip", "index", "steps", "model"]
