"""LAQConfig: every choice of a latent action quantizer, LAPA's own as the defaults.

The defaults are the network of the released `laq_openx.pt`, quirks included; each quirk is a
named option. `explorer_config` turns on what measured better for the models that we ship.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from lapa.nn.patches import BASE

CHOICES = {
    "stem": ("patch", "conv"),
    "encoder": ("factorised", "pair", "frame", "motion"),
    "reduce": ("conv", "halving", "attention"),
    "position": ("bias", "learned"),
    "quantizer": ("nsvq", "vq_ema", "fsq"),
    "head": ("pixels", "change", "warp", "layers"),
}
# between two frames of any camera, and an hour
GAPS = (0.001, 3600.0)
SIZES = (
    "image_size",
    "patch_size",
    "dim",
    "heads",
    "dim_head",
    "spatial_depth",
    "temporal_depth",
    "decoder_depth",
    "code_length",
    "codebook_size",
    "quant_dim",
)


@dataclass(frozen=True)
class LAQConfig:
    """Configuration of `LatentActionQuantizer`.

    Sizes:
        image_size: side of the square frames, pixels. patch_size: side of a patch, pixels.
        dim: token width. heads, dim_head: attention heads and their width.
        spatial_depth: blocks over one frame's patches. temporal_depth: blocks over the two
            frames (for `encoder="pair"`: blocks over both frames at once).
        decoder_depth: decoder blocks (LAPA: as many as spatial_depth).
        code_length: S, codes in a latent action. codebook_size: K, values of a code.
        quant_dim: D, width of a latent.
        gap_seconds: the gap H between the frames of a pair that the model was trained on.

    Choices (LAPA's first):
        stem: "patch" one linear layer a patch | "conv" strided convolutions.
        encoder: "factorised" spatial then temporal transformer | "pair" attention over both
            frames with exact antisymmetry: the latent of (x, x) is zero | "frame" every frame
            alone, so that latents also add up: z(a, c) = z(a, b) + z(b, c) | "motion" convolutions
            over the two and the mean over the picture, antisymmetric: a motion has one latent,
            wherever it happens; `temporal_depth` and `reduce` do not count.
        motion_reach: with encoder "motion" and the conv stem, how far, in half patches, places of
            the two frames are compared with each other; 0: not at all.
        reduce: "conv" convolutions over the patch grid | "halving" strided ones, LAPA's for 16,
            64 and 256 codes | "attention" S learned queries.
        position: "bias" continuous position bias and PEG | "learned" embeddings.
        quantizer: "nsvq" | "vq_ema" | "fsq".
        head: "pixels" | "change" (added to x_t) | "warp" (flow, mask and paint on x_t) |
            "layers" (the same, with a mask for what moves as well).

    Quirks of the official network (True there):
        detach_first_frame: no gradient from the decoder into x_t's patch embedding.
        mix_code_channels: the decoder's context mixes channels across code positions.
        scrambled_temporal_peg: the temporal PEG reads its tokens in the wrong order.
        raw_keys: self-attention keys and values from un-normalised tokens.
        shared_codebook: all positions read one codebook.
        normalise_latents (False there): keep latents at the codebook's scale.
        unit_latents (False there): latents are directions, of length 1: a code says which way,
            not how far.
        nested (False there): every first n of a latent action's codes are a shorter latent action,
            which `decode` takes as well. In training, half of the pairs keep only the first n of
            their codes, n drawn evenly from 1 … S: the nested dropout of Rippel et al. (2014,
            "Learning ordered representations with nested dropout"), which puts first what matters
            most.

    Raises:
        ValueError: a value is outside what the network can be built with.
    """

    image_size: int = 256
    patch_size: int = 32
    dim: int = 1024
    heads: int = 16
    dim_head: int = 64
    spatial_depth: int = 8
    temporal_depth: int = 8
    decoder_depth: int = 8
    code_length: int = 4
    codebook_size: int = 8
    quant_dim: int = 32
    gap_seconds: float = 0.6
    stem: str = "patch"
    stem_widths: tuple[int, ...] = ()
    encoder: str = "factorised"
    motion_reach: int = 0
    reduce: str = "conv"
    position: str = "bias"
    quantizer: str = "nsvq"
    head: str = "pixels"
    detach_first_frame: bool = True
    mix_code_channels: bool = True
    scrambled_temporal_peg: bool = True
    raw_keys: bool = True
    shared_codebook: bool = True
    normalise_latents: bool = False
    unit_latents: bool = False
    nested: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "stem_widths", tuple(self.stem_widths))
        self._check_sizes()
        for name, allowed in CHOICES.items():
            _check(name, getattr(self, name), getattr(self, name) in allowed, f"one of {allowed}")
        self._check_stem()
        either = not (self.unit_latents and self.normalise_latents)
        _check("unit_latents", self.unit_latents, either, "False beside normalise_latents")
        # channels mixed across positions hold parts of codes that are left out
        apart = not (self.nested and self.mix_code_channels)
        _check("nested", self.nested, apart, "False beside mix_code_channels")

    @property
    def grid(self) -> int:
        """Patches along one side of a frame."""
        return self.image_size // self.patch_size

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as config.json holds them."""
        return asdict(self) | {"stem_widths": list(self.stem_widths)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LAQConfig:
        """The inverse of `to_dict`; unknown keys raise ValueError by name."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown LAQConfig keys {unknown}; known are {sorted(known)}")
        try:
            return cls(**values)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"these are no values of LAQConfig: {error}") from error

    def _check_sizes(self) -> None:
        for name in SIZES:
            value = getattr(self, name)
            least = 0 if name == "spatial_depth" and self.encoder != "factorised" else 1
            whole = isinstance(value, int) and not isinstance(value, bool)
            _check(name, value, whole and value >= least, f"a whole number of at least {least}")
        fits = self.image_size % self.patch_size == 0
        _check("patch_size", self.patch_size, fits, f"a divisor of image_size {self.image_size}")
        gap = self.gap_seconds
        number = isinstance(gap, int | float) and not isinstance(gap, bool)
        accepted = f"a number of seconds from {GAPS[0]:g} to {GAPS[1]:g}"
        _check("gap_seconds", gap, number and GAPS[0] <= gap <= GAPS[1], accepted)

    def _check_stem(self) -> None:
        conv = self.stem == "conv"
        moving = self.head in ("warp", "layers")
        _check(
            "head", self.head, conv or not moving, 'not "warp" or "layers" unless stem is "conv"'
        )
        if conv:
            halvings = (self.patch_size // BASE).bit_length() - 1
            power = BASE << halvings == self.patch_size and halvings > 0
            _check("patch_size", self.patch_size, power, "8, 16, 32, … with the conv stem")
            right = len(self.stem_widths) == halvings
            _check("stem_widths", self.stem_widths, right, f"{halvings} channel counts")
        reach, able = self.motion_reach, self.encoder == "motion" and conv
        whole = isinstance(reach, int) and not isinstance(reach, bool) and 0 <= reach <= self.grid
        accepted = (
            f"a whole number from 0 to {self.grid}"
            if able
            else ('0 unless encoder is "motion" and stem is "conv"')
        )
        _check("motion_reach", reach, whole and (able or not reach), accepted)
        if self.encoder == "pair":
            _check("heads", self.heads, self.heads % 2 == 0, 'even with encoder "pair"')


def explorer_config(**changes: Any) -> LAQConfig:
    """The network of our shipped `robots` quantizer; keyword arguments override.

    Only an encoder of motion compares places: with another one `motion_reach` is 0.
    """
    ours: dict[str, Any] = {
        "image_size": 128,
        "patch_size": 16,
        "dim": 192,
        "heads": 6,
        "dim_head": 32,
        "spatial_depth": 0,
        "temporal_depth": 2,
        "decoder_depth": 3,
        "quant_dim": 8,
        "gap_seconds": 0.3,
        "stem": "conv",
        "stem_widths": (64, 128),
        "encoder": "motion",
        "motion_reach": 3 if changes.get("encoder", "motion") == "motion" else 0,
        "reduce": "conv",
        "position": "learned",
        "head": "layers",
        "detach_first_frame": False,
        "mix_code_channels": False,
        "scrambled_temporal_peg": False,
        "raw_keys": False,
        "shared_codebook": False,
        "normalise_latents": True,
    }
    return LAQConfig(**ours | changes)


def _check(name: str, value: Any, good: bool, accepted: str) -> None:
    if not good:
        raise ValueError(f"{name} must be {accepted}, received {value!r}")
