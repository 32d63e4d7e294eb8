"""One sentence for every technical word on the page, shown on hover, focus and tap."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "change": "The mean absolute difference between the imagined frame and the frame now, in grey "
    "levels from 0 to 255.",
    "checkpoint": "The stored weights of a trained model, loaded from a folder.",
    "code": "One number at one position, from a small set: the model's own alphabet of changes.",
    "codebook": "The set of codes a position can take; each stands for a vector the model learned.",
    "copy-frame": "The simplest prediction there is: that nothing moves, so the frame now is "
    "offered as the future.",
    "embodiment": "The kind of robot in the picture: its arm, its hand and how it is built.",
    "frame": "One picture of a video; x with a small t is the frame at this moment.",
    "frame pair": "Two frames of one clip that lie one gap apart; every figure of a checkup is "
    "measured on many of them.",
    "gap": "The time between the two frames of a pair, written H and counted in seconds.",
    "held-out episode": "A recording that was kept out of training, so that it tests what was "
    "learned and not what was remembered.",
    "imagine": "To compute the frame one gap later, x with a small t+H, from the frame now and a "
    "latent action.",
    "inferred codes": "The latent action the model reads off the frame now and the true future "
    "frame.",
    "interval": "Where the figure would lie in 95 of 100 measurements on other episodes of the "
    "same kind; a wide one means that more clips may change the verdict.",
    "latent action": "The change between two frames in a few codes, one per position; you can "
    "type it, for example [3,1,0,6].",
    "most frequent": "The share of this embodiment's frame pairs, in clips kept out of training, "
    "for which the model infers exactly these codes.",
    "position": "One of the places in a latent action; each place holds one code.",
    "PSNR": "Peak signal-to-noise ratio in decibels (dB): how close two pictures are; higher is "
    "closer.",
    "quantizer": "The network behind this page (LAQ, LAPA's first stage): it turns a pair of "
    "frames into codes, and a frame and codes into the next frame.",
    "sweep": "All codes of one position tried on the same frame while the other positions stay.",
}
