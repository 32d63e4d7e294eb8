"""From a picture of any kind to RGB pixels, as a viewer would show it.

imageio's reader gives the same for opaque 8-bit pictures; it cuts 16 bits off at 255 when asked
for RGB, and drops transparency instead of laying it on white (tests/data/test_imageio.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from lapa.media.colours import standard_colours

# whatever a file is named: Pillow knows more, and hands some of those to other programs
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "PPM")
# pixels of these hold 16 bits, whatever Pillow calls them
SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")
# of TIFF 6.0, section 8
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0


# the beginnings of a TIFF, small and big
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class UnknownScale(ValueError):
    """The values have 32 bits, of which nobody knows what is white, or are of another kind that is
    not read. The message goes on after the picture's name."""


@contextmanager
def opened_picture(path: Path) -> Iterator[Image.Image]:
    """A picture in a file, of FORMATS, that is not decoded yet.

    Given a name, Pillow maps uncompressed pixels into memory by the size of the turned picture, and
    rows of a TIFF that lies on its side are torn; of an opened file it reads them.

    Raises:
        UnidentifiedImageError, OSError, ValueError, SyntaxError, DecompressionBombError: as Pillow.
        UnknownScale: a TIFF of pixels that Pillow does not know.
    """
    with path.open("rb") as file:
        try:
            image = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError as error:
            file.seek(0)
            if file.read(4) not in TIFF:
                raise
            raise UnknownScale(
                "is a TIFF that cannot be read: it is damaged, or its pixels are of a kind, as "
                "32-bit colours, whose scale is not known"
            ) from error
        with image:
            yield image


def upright_rgb(image: Image.Image) -> np.ndarray:
    """An opened picture as (H, W, 3) uint8, turned upright; see-through parts are on white.

    Values of 16 bits are scaled to 8; Pillow's own conversion would cut them off at 255.

    Raises:
        UnknownScale: its values have 32 bits.
    """
    return on_white(upright(image))


def upright(image: Image.Image) -> Image.Image:
    """An opened picture in 8 bits a channel, turned upright: RGBA where parts may be see-through,
    else RGB. Raises as `upright_rgb`."""
    profile = image.info.get("icc_profile")
    # turned before all else: what is made of 16 bits has lost its orientation
    shown = _eight_bit(ImageOps.exif_transpose(image), image)
    mode = "RGBA" if shown.has_transparency_data else "RGB"
    return standard_colours(shown, profile, mode) if profile else shown.convert(mode)


def on_white(image: Image.Image) -> np.ndarray:
    """An RGB or RGBA picture as (H, W, 3) uint8, laid on white."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return np.array(image)


def _eight_bit(image: Image.Image, stored: Image.Image) -> Image.Image:
    """Pillow knows no 16-bit colour: such files it opens with 8 bits a channel already.

    stored: the picture as it was opened, which alone knows its format.
    """
    if image.mode in SIXTEEN or (image.mode == "I" and stored.format in ("PPM", "PNG")):
        grey = np.asarray(image).astype(np.uint32)
        if stored.format == "TIFF" and stored.getexif().get(PHOTOMETRIC) == WHITE_IS_ZERO:
            grey = 65535 - grey
        scaled = Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
        clear = stored.info.get("transparency")
        if isinstance(clear, int):
            scaled.putalpha(Image.fromarray(np.where(grey == clear, 0, 255).astype(np.uint8)))
        return scaled
    if image.mode in ("I", "F"):
        raise UnknownScale(f"holds 32-bit values ({image.mode}), whose scale is not known")
    return image
