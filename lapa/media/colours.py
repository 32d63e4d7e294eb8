"""Pictures with a colour profile of their own, as phones and print shops write them, in sRGB."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms

# what the colour engine takes; a palette and grey with transparency go by their values
MODES = ("RGB", "RGBA", "L", "CMYK", "LAB")
STANDARD = "sRGB"


def standard_colours(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """A picture in RGB or RGBA (mode), its colours taken as its ICC profile says.

    A profile that is damaged, or of other colours than the picture has, says nothing.
    """
    if image.mode == "P":
        image = image.convert(mode)
    transform = _transform(profile, image.mode, mode) if image.mode in MODES else None
    if transform is None:
        return image.convert(mode)
    shown: Image.Image = transform.apply(image)
    return shown


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str, shown: str) -> Any:
    """From a profile to sRGB; None where there is nothing to do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if STANDARD in ImageCms.getProfileDescription(source):
            return None
        target = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(source, target, mode, shown)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
