"""From a picture of any kind to RGB pixels, as a viewer would show it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

# pixels of these hold 16 bits, whatever Pillow calls them
SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")


def upright_rgb(image: Image.Image) -> np.ndarray:
    """An opened picture as (H, W, 3) uint8, turned upright; see-through parts are on white.

    Values of 16 bits are scaled to 8; Pillow's own conversion would cut them off at 255.

    Raises:
        ValueError: its values have 32 bits, of which nobody knows what is white.
    """
    upright = ImageOps.exif_transpose(_eight_bit(image))
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return np.array(upright.convert("RGB"))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Pillow knows no 16-bit colour: such files it opens with 8 bits a channel already."""
    if image.mode in SIXTEEN or (image.mode == "I" and image.format in ("PPM", "PNG")):
        grey = np.asarray(image).astype(np.uint32)
        scaled = Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
        scaled.info.update({k: v for k, v in image.info.items() if k == "exif"})
        return scaled
    if image.mode in ("I", "F"):
        raise ValueError(f"holds 32-bit values ({image.mode}), whose scale is not known")
    return image
