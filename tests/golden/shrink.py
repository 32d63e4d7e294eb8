"""Copy the part of the full golden fixtures that the tests need in any clone (each under 1 MB)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import torch

from lapa.official import vqgan

HERE = Path(__file__).parent
ARRAYS = [
    "video_u8",
    "patch_tokens",
    "enc_last_tokens",
    "vq_difference",
    "indices",
    "recon_inference",
    "recon_user.nested",
    "decoder_context_user.nested",
    "train.noise",
    "train.loss",
    "train.indices",
    "train.recon_with_noise",
    "train.codebooks_used_after",
]
LARGE_GRADIENTS = ("to_pixels_first_frame.0.weight", "dec_spatial_transformer.layers.0.2.to_kv")


def main(source: Path) -> None:
    laq = source / "laq"
    numbers = np.load(laq / "laq_a.npz")
    kept = {name: numbers[name] for name in ARRAYS}
    kept |= {name: numbers[name] for name in numbers.files if name.startswith("grad_norm.")}
    weights = torch.load(laq / "laq_a.pt", weights_only=True)
    kept |= {f"weights/{name}": value.numpy() for name, value in weights.items()}
    gradients = np.load(laq / "laq_a.grads.npz")
    kept |= {
        f"grad/{name}": gradients[name]
        for name in gradients.files
        if gradients[name].nbytes < 4500 or name.startswith(LARGE_GRADIENTS)
    }
    np.savez_compressed(HERE / "laq_a.npz", **kept)
    replace = np.load(laq / "replace_unused_codebooks.npz")
    np.savez_compressed(HERE / "replace.npz", **{name: replace[name] for name in replace.files})
    tokenizer(source / "vqgan")
    vision_language(source / "vlm")
    formats(source / "formats")


def tokenizer(source: Path) -> None:
    numbers = np.load(source / "vqgan_a.npz")
    kept = {name: numbers[name] for name in ("pixels_u8", "encoder_hidden", "indices", "decoded")}
    with (source / "vqgan_a").open("rb") as file:
        weights = vqgan.flat(vqgan.Reader(file, "vqgan_a").load())
    kept |= {f"weights/{path}": value for path, value in weights.items()}
    np.savez_compressed(HERE / "vqgan_a.npz", **kept)
    shutil.copyfile(source / "vqgan_official.keys.json", HERE / "vqgan_official.keys.json")


def vision_language(source: Path) -> None:
    numbers = np.load(source / "vlm2_a.npz")
    bf16 = "fwd_bf16weights_f32compute.logits.delta"
    inputs = [name for name in numbers.files if name.startswith(("in.", "fwd.")) and "." in name]
    kept = {name: numbers[name] for name in inputs if "logits" not in name and "hidden" not in name}
    np.savez_compressed(HERE / "vlm2_a.npz", **kept, **{bf16: numbers[bf16]})
    for end in ("bf16", "chunked"):
        shutil.copyfile(source / f"vlm2_a.{end}.params", HERE / f"vlm2_a.{end}.params")
    shutil.copyfile(source / "tokenizer.model", HERE / "tokenizer.model")


def formats(source: Path) -> None:
    target = HERE / "formats"
    target.mkdir(exist_ok=True)
    for name in ("ties", "const"):
        for end in ("input.json", "out.jsonl", "bins.csv", "json"):
            shutil.copyfile(source / f"finetune_{name}.{end}", target / f"finetune_{name}.{end}")
    shutil.copyfile(source / "assign_bin_cases.json", target / "assign_bin_cases.json")
    shutil.copyfile(source / "inference_prompts.json", target / "inference_prompts.json")
    first = (source / "stage2_records.jsonl").read_text().splitlines(keepends=True)[0]
    (target / "stage2_records.jsonl").write_text(first)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
