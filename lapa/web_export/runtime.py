"""The browser's runtime, onnxruntime-web, laid beside its scripts.

    python -m lapa.web_export.runtime

`make web` fetches the package with npm, as package-lock.json pins it, and runs this. The binaries
are gzipped here and unpacked by the page, so that few bytes travel from any server. Run it again
and the files are the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from lapa.files import checksum, replacing, write_text

BROWSER = Path(__file__).resolve().parent / "browser"
RUNTIME = BROWSER / "runtime"
LIST = "runtime.json"
PACKAGE = Path("node_modules") / "onnxruntime-web"
# backend -> the script that a page imports, and the build of the binary that it drives: the
# smallest of each, the first knows WASM alone, the second WebGPU as well
BUILDS = {
    "wasm": ("ort.wasm.min.mjs", "ort-wasm-simd-threaded"),
    "webgpu": ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify"),
}


def lay_out(package: Path, folder: Path = RUNTIME) -> list[Path]:
    """Copy what a page needs of the package into `folder`, with a list of it.

    Every name ends in .js, which any server knows to be a script, or .gz.

    Raises:
        FileNotFoundError: `package` is not onnxruntime-web.
    """
    dist = package / "dist"
    if not (package / "package.json").is_file() or not dist.is_dir():
        raise FileNotFoundError(f"{package} is not the package onnxruntime-web; `make web` gets it")
    about: dict[str, Any] = {
        "version": json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    }
    written = []
    for backend, (script, build) in BUILDS.items():
        names = {"script": _js(script), "glue": _js(f"{build}.mjs")}
        for name, source in zip(names.values(), (script, f"{build}.mjs"), strict=True):
            written.append(_write(folder / name, (dist / source).read_bytes()))
        binary = (dist / f"{build}.wasm").read_bytes()
        packed = _write(folder / f"{build}.wasm.gz", gzip.compress(binary, 9, mtime=0))
        written.append(packed)
        about[backend] = names | {
            "binary": {
                "file": packed.name,
                "bytes": packed.stat().st_size,
                "sha256": checksum(packed),
            }
        }
    written.append(write_text(folder / LIST, json.dumps(about, indent=1) + "\n"))
    return written


def runtime_files(backends: tuple[str, ...] = ("wasm", "webgpu")) -> list[Path]:
    """The files that a site needs beside its scripts, in `runtime/`.

    Raises:
        FileNotFoundError: they were not built.
    """
    if not (RUNTIME / LIST).is_file():
        raise FileNotFoundError(
            "the browser's runtime is not there yet: `make web` builds it, once, with npm"
        )
    about = json.loads((RUNTIME / LIST).read_text(encoding="utf-8"))
    names = [
        name
        for backend in backends
        for name in (
            about[backend]["script"],
            about[backend]["glue"],
            about[backend]["binary"]["file"],
        )
    ]
    return [RUNTIME / name for name in (LIST, *names)]


def _js(name: str) -> str:
    return f"{name.removesuffix('.mjs')}.js"


def _write(path: Path, data: bytes) -> Path:
    with replacing(path) as draft:
        draft.write_bytes(data)
    return path


def main(argv: list[str] | None = None) -> int:
    """The command line; an exit code."""
    parser = argparse.ArgumentParser(prog="python -m lapa.web_export.runtime", description=__doc__)
    parser.add_argument("package", type=Path, nargs="?", default=PACKAGE, help=f"({PACKAGE})")
    options = parser.parse_args(argv)
    try:
        written = lay_out(options.package)
    except OSError as error:
        print(f"lapa.web_export.runtime: {error}", file=sys.stderr)
        return 1
    for path in written:
        print(f"{path.stat().st_size:>9,} bytes  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
