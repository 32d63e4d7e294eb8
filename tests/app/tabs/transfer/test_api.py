"""/transfer of a really launched app, through gradio_client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

gr = pytest.importorskip("gradio")
gradio_client = pytest.importorskip("gradio_client")

from app.page import register  # noqa: E402


@pytest.fixture(scope="module")
def client(small_world) -> Iterator[gradio_client.Client]:
    with gr.Blocks(title="Test") as page:
        register(small_world())
    page.queue(max_size=64)
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", quiet=True)
    yield gradio_client.Client(url, verbose=False)
    page.close()


def test_a_clips_action_on_every_embodiment(client) -> None:
    told = client.predict(clip="red-push-0", index=2, steps=2, api_name="/transfer")
    assert told["text"] == "[2,2,2,2]" and "cosine" not in told
    bodies = {each["embodiment"]: each for each in told["embodiments"]}
    assert set(bodies) == {"red-arm", "blue-arm"}
    assert bodies["blue-arm"]["clip"] == "blue-push-0" and bodies["blue-arm"]["nearest"] == []
    assert bodies["blue-arm"]["returned"] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "picture `frame` is missing"),
        ({"clip": "red-push-0", "index": 19}, "no true future"),
        ({"clip": "red-push-0", "steps": 100}, "Steps must be 1 to 8"),
        ({"clip": "red-push-0", "steps": "two"}, "whole number"),
    ],
)
def test_what_is_wrong_is_one_sentence(client, arguments, sentence) -> None:
    with pytest.raises(Exception) as caught:
        client.predict(api_name="/transfer", **arguments)
    assert sentence in str(caught.value) and "Traceback" not in str(caught.value)
