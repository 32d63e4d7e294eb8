"""The named endpoints of a really launched app, through gradio_client, plain HTTP and MCP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

gr = pytest.importorskip("gradio")
gradio_client = pytest.importorskip("gradio_client")

from app.core.limits import Limits  # noqa: E402
from app.explorer import Explorer  # noqa: E402
from app.page import build, register  # noqa: E402

TOOLS = {
    "frames": "browse_robot_frames",
    "encode": "encode_frame_pair",
    "decode": "imagine_next_frame",
    "sweep": "sweep_one_position",
    "imagine": "imagine_rollout",
    "transfer": "carry_to_other_robots",
    "atlas": "look_up_atlas",
    "checkup": "examine_quantizer",
}


def launch(explorer: Explorer) -> tuple[gr.Blocks, str]:
    with gr.Blocks(title="Test") as page:
        register(explorer)
    page.queue(max_size=64)
    _, url, _ = page.launch(
        prevent_thread_lock=True, server_name="127.0.0.1", quiet=True, mcp_server=True
    )
    return page, url


@pytest.fixture(scope="module")
def served(small_world) -> Iterator[tuple[Explorer, str]]:
    explorer = small_world()
    page, url = launch(explorer)
    yield explorer, url
    page.close()


@pytest.fixture(scope="module")
def client(served) -> gradio_client.Client:
    return gradio_client.Client(served[1], verbose=False)


@pytest.fixture
def picture(tmp_path: Path):
    """Writes a grey picture and hands it over as gradio_client sends files."""

    def write(level: int, name: str = "frame.png", size=(64, 48)) -> dict:
        path = tmp_path / f"{level}-{name}"
        Image.new("RGB", size, (level,) * 3).save(path)
        return gradio_client.handle_file(str(path))

    return write


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def refused(client: gradio_client.Client, endpoint: str, **arguments) -> str:
    with pytest.raises(Exception) as caught:
        client.predict(api_name=endpoint, **arguments)
    sentence = str(caught.value).strip("'\"")
    assert sentence.endswith(".") and "Traceback" not in sentence, sentence
    return sentence


def test_exactly_these_endpoints_are_documented(client) -> None:
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {f"/{name}" for name in TOOLS}
    names = [p["parameter_name"] for p in named["/decode"]["parameters"]]
    assert names == ["codes", "frame", "clip", "index", "model"]


def test_frames_lists_models_and_clips(client) -> None:
    listed, frame = client.predict(api_name="/frames")
    assert frame is None and listed["embodiments"] == ["blue-arm", "red-arm"]
    assert [model["name"] for model in listed["models"]] == ["small"]
    assert [clip["id"] for clip in listed["clips"]] == ["blue-push-0", "red-lift-0", "red-push-0"]
    listed, _ = client.predict(embodiment="red-arm", task="push", api_name="/frames")
    assert [clip["id"] for clip in listed["clips"]] == ["red-push-0"]
    assert listed["clips"][0]["instruction"] == "push the cube"


def test_frames_gives_a_frame(client) -> None:
    record, path = client.predict(clip="red-push-0", index=7, api_name="/frames")
    assert record["clip"]["frames"] == 20 and record["index"] == 7
    assert pixels(path).shape == (48, 64, 3) and int(pixels(path)[0, 0, 0]) == 68


def test_encode_two_pictures(client, picture) -> None:
    answer = client.predict(frame=picture(50), future=picture(74), api_name="/encode")
    assert answer["codes"] == [3, 3, 3, 3] and answer["text"] == "[3,3,3,3]"
    assert np.allclose(answer["latent"], 3) and np.shape(answer["latent"]) == (4, 2)
    assert answer["model"] == "small" and answer["gap_seconds"] == 0.5


def test_encode_a_clip_and_decode_what_it_said(client) -> None:
    answer = client.predict(clip="red-push-0", index=3, api_name="/encode")
    assert answer["codes"] == [2, 2, 2, 2]
    path, record = client.predict(answer["text"], clip="red-push-0", index=3, api_name="/decode")
    assert record["codes"] == record["inferred"] == [2, 2, 2, 2]
    assert "closer to the true future" in record["figures"]["sentence"]
    assert pixels(path).shape == (32, 32, 3) and int(pixels(path)[0, 0, 0]) == 52 + 16


@pytest.mark.parametrize("codes", ["[1,0,0,0]", "1 0 0 0", [1, 0, 0, 0]])
def test_decode_a_picture(client, picture, codes) -> None:
    path, record = client.predict(codes=codes, frame=picture(50), api_name="/decode")
    assert record == {"model": "small", "codes": [1, 0, 0, 0], "text": "[1,0,0,0]"}
    assert int(pixels(path)[0, 0, 0]) == 58 and int(pixels(path)[-1, -1, 0]) == 50


def test_decode_without_codes(client, picture) -> None:
    path, record = client.predict(frame=picture(50), api_name="/decode")
    assert record["codes"] == [0, 0, 0, 0] and int(pixels(path)[0, 0, 0]) == 50
    _, record = client.predict(clip="red-push-0", index=3, api_name="/decode")
    assert record["codes"] == [2, 2, 2, 2]
    _, record = client.predict(clip="red-push-0", index=19, api_name="/decode")
    assert record["inferred"] is None and record["figures"] is None


@pytest.mark.parametrize("with_picture", [True, False])
def test_sweep(client, picture, with_picture: bool) -> None:
    source = {"frame": picture(50)} if with_picture else {"clip": "red-push-0", "index": 3}
    sheet, record = client.predict(3, codes="[1,2,3,4]", api_name="/sweep", **source)
    assert record["position"] == 3 and record["codes"] == [[1, 2, 3, k] for k in range(8)]
    images = [pixels(path) for path in record["images"]]
    assert np.array_equal(pixels(sheet), np.concatenate(images, axis=1))
    base = 50 if with_picture else 52
    assert [int(image[-1, -1, 0]) - base for image in images] == [8 * k for k in range(8)]
    assert record["change"] == sorted(record["change"])


@pytest.mark.parametrize(
    ("endpoint", "arguments", "said"),
    [
        ("/decode", {"codes": "[9,0,0,0]", "clip": "red-push-0"}, "Code 9 at position 0"),
        ("/decode", {"codes": [0, 0, 0, 99], "clip": "red-push-0"}, "Code 99 at position 3"),
        ("/decode", {"codes": "[1,2]", "clip": "red-push-0"}, "4 positions, but 2 codes"),
        ("/decode", {"codes": [], "clip": "red-push-0"}, "but 0 codes"),
        ("/decode", {"codes": "up", "clip": "red-push-0"}, "written like [0,0,0,0]"),
        ("/decode", {"codes": [1, 0, 0, 0]}, "`frame` is missing"),
        ("/decode", {"clip": "red-push-0", "index": 20}, "frames 0 to 19"),
        ("/decode", {"clip": "red-push-0", "index": 1.5}, "whole number"),
        ("/decode", {"clip": "nope"}, "no clip 'nope'"),
        ("/decode", {"clip": "red-push-0", "model": "large"}, "no checkpoint 'large'"),
        ("/encode", {}, "`frame` is missing"),
        ("/encode", {"clip": "red-push-0", "index": 18}, "ends before 0.5 s"),
        ("/sweep", {"position": 4, "clip": "red-push-0"}, "positions 0 to 3"),
        ("/sweep", {"position": "two", "clip": "red-push-0"}, "whole number"),
        ("/frames", {"embodiment": "green-arm"}, "there are: blue-arm, red-arm"),
        ("/frames", {"clip": "<b>x</b>"}, "&lt;b&gt;"),
    ],
)
def test_mistakes_come_back_as_one_sentence(client, endpoint, arguments, said) -> None:
    assert said in refused(client, endpoint, **arguments)


def test_encode_needs_both_pictures(client, picture) -> None:
    assert "`future` is missing" in refused(client, "/encode", frame=picture(50))
    both = {"frame": picture(50), "clip": "red-push-0"}
    assert "give one of them" in refused(client, "/decode", **both)


def test_a_file_that_is_no_picture(client, tmp_path, picture) -> None:
    path = tmp_path / "notes.png"
    path.write_text("no picture")
    sent = gradio_client.handle_file(str(path))
    assert "neither a picture" in refused(client, "/decode", frame=sent)
    moving = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (32, 32), (30 * i, 0, 0)) for i in range(3)]
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=100)
    sent = gradio_client.handle_file(str(moving))
    assert "single picture" in refused(client, "/decode", frame=sent)


def call(url: str, endpoint: str, data: list) -> str:
    """A call as a script would make it, without the client's checks; the raw event stream."""
    base = f"{url}gradio_api/call/{endpoint}"
    event = httpx.post(base, json={"data": data}, timeout=20).raise_for_status().json()
    return httpx.get(f"{base}/{event['event_id']}", timeout=20).text


@pytest.mark.parametrize("marked", [True, False])
def test_files_of_the_server_cannot_be_read(served, tmp_path, marked: bool) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (32, 32), (10, 200, 30)).save(secret)
    file = {"path": str(secret)}
    if marked:
        file["meta"] = {"_type": "gradio.FileData"}
    answer = call(served[1], "decode", ["[0,0,0,0]", file, "", 0, ""])
    assert "event: error" in answer and "event: complete" not in answer


def test_plain_http(served) -> None:
    answer = call(served[1], "encode", ["", "", "red-push-0", 3, ""])
    assert "event: complete" in answer and '"codes": [2, 2, 2, 2]' in answer


def test_an_upload_of_the_page_is_not_reachable(served, client, send_video) -> None:
    clip = served[0].clips.add_upload(send_video(), "alice")
    assert "no clip" in refused(client, "/frames", clip=clip.id)
    assert "no clip" in refused(client, "/encode", clip=clip.id)
    listed, _ = client.predict(api_name="/frames")
    assert clip.id not in json.dumps(listed)


def test_a_page_without_a_model_says_why(small_world, tmp_path) -> None:
    def fail(folder):
        raise ValueError("the weights do not fit")

    page, url = launch(small_world(load=fail))
    try:
        client = gradio_client.Client(url, verbose=False)
        assert "do not fit" in refused(client, "/decode", clip="red-push-0")
        listed, _ = client.predict(api_name="/frames")
        assert "do not fit" in listed["models"][0]["error"] and len(listed["clips"]) == 3
    finally:
        page.close()


def ask_mcp(url: str, method: str, **params) -> dict:
    """One request in MCP's streamable HTTP transport."""
    answer = httpx.post(
        f"{url}gradio_api/mcp/",
        headers={"Accept": "application/json, text/event-stream"},
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        timeout=30,
    ).raise_for_status()
    body = next(line[6:] for line in answer.text.splitlines() if line.startswith("data: "))
    return json.loads(body)["result"]


def test_mcp_tools_are_listed_with_every_argument_explained(served) -> None:
    tools = {tool["name"]: tool for tool in ask_mcp(served[1], "tools/list")["tools"]}
    assert set(tools) == set(TOOLS.values())
    for tool in tools.values():
        assert len(tool["description"]) > 80
        for name, schema in tool["inputSchema"]["properties"].items():
            assert len(schema.get("description", "")) > 15, (tool["name"], name)
    arguments = tools["encode_frame_pair"]["inputSchema"]["properties"]
    # a file is asked for by its address, as MCP clients send it
    assert "url" in arguments["frame"]["format"] and "url" in arguments["future"]["format"]
    assert tools["sweep_one_position"]["inputSchema"]["required"] == ["position"]


def test_the_mcp_schema_names_the_endpoints(served) -> None:
    schema = httpx.get(f"{served[1]}gradio_api/mcp/schema", timeout=20).json()
    assert {tool["meta"]["endpoint_name"]: tool["name"] for tool in schema} == TOOLS


def test_an_mcp_tool_answers_with_a_picture(served) -> None:
    result = ask_mcp(
        served[1],
        "tools/call",
        name="imagine_next_frame",
        arguments={"codes": "[2,2,2,2]", "clip": "red-push-0", "index": 3},
    )
    assert not result.get("isError")
    kinds = [part["type"] for part in result["content"]]
    assert "image" in kinds and "text" in kinds
    assert "closer to the true future" in result["content"][-1]["text"]


def test_an_mcp_tool_takes_a_picture(served, picture, client) -> None:
    _, path = client.predict(clip="red-push-0", index=7, api_name="/frames")
    inline = "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()
    result = ask_mcp(
        served[1],
        "tools/call",
        name="imagine_next_frame",
        arguments={"codes": [1, 1, 1, 1], "frame": inline},
    )
    assert not result.get("isError"), result
    assert "[1,1,1,1]" in result["content"][-1]["text"]


def test_an_mcp_tool_says_what_was_wrong(served) -> None:
    arguments = {"codes": "[9,9,9,9]", "clip": "red-push-0"}
    result = ask_mcp(served[1], "tools/call", name="imagine_next_frame", arguments=arguments)
    assert result["isError"] and "Code 9 at position 0" in result["content"][0]["text"]


def test_a_visitor_who_may_send_nothing_has_nothing_fetched(
    small_world, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    async def fetch(url: str, cache_dir: str) -> str:
        fetched.append(url)
        raise gr.Error("It was fetched.", print_exception=False)

    monkeypatch.setattr(gr.processing_utils, "async_ssrf_protected_download", fetch)
    picture = gradio_client.handle_file("https://example.org/frame.png")
    for uploads, told in ((True, 1), (False, 0)):
        page = build(small_world(limits=Limits(uploads=uploads)))
        page.queue()
        _, url, _ = page.launch(
            prevent_thread_lock=True, server_name="127.0.0.1", quiet=True, show_error=True
        )
        client = gradio_client.Client(url, verbose=False)
        sentence = refused(client, "/decode", frame=picture, codes="0,0,0,0")
        assert ("turned off here" in sentence) is not uploads and len(fetched) == told
        fetched.clear()
        page.close()
