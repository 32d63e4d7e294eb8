"""One sentence for every technical word on the page, shown on hover, focus and tap."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "branch": "Several futures that begin in the same moment: you can walk to any of them and"
    " go on.",
    "change": "The mean absolute difference between the picture of a code and that of the chosen "
    "one, in grey levels from 0 to 255.",
    "checkpoint": "The stored weights of a trained model, loaded from a folder.",
    "code": "One number at one position, from a small set: the model's own alphabet of changes.",
    "codebook": "The set of codes a position can take; each stands for a vector the model learned.",
    "copy-frame": "The simplest prediction there is: that nothing moves, so the frame now is "
    "offered as the future.",
    "cosine": "How alike two directions are: 1 is the same, 0 is at right angles, "
    "−1 is the opposite.",
    "distance": "How unlike real frames what moves looks in the imagined frame, as a small network "
    "that was trained on photographs sees it; 95 of 100 real frames stay within 1. Only what has "
    "moved since the first frame counts.",
    "divergence": "The Jensen-Shannon divergence of two embodiments' use of codes: 0 bits is the "
    "same use, 1 bit is no code in common.",
    "drift": "The errors of a dream add up, because every imagined frame is made from the "
    "last imagined one; here you see how far it has gone.",
    "embodiment": "What acts in the picture: a robot with its arm and hand, or a car.",
    "frame": "One picture of a video; x with a small t is the frame at this moment.",
    "frame pair": "Two frames of one clip that lie one gap apart; every figure of a checkup is "
    "measured on many of them.",
    "gap": "The time between the two frames of a pair, written H and counted in seconds.",
    "held-out episode": "A recording that was kept out of training, so that it tests what was "
    "learned and not what was remembered.",
    "horizon": "How many steps a playing dream takes before it stops.",
    "imagine": "To compute the frame one gap later, x with a small t+H, from the frame now and a "
    "latent action.",
    "inferred codes": "The latent action the model reads off the frame now and the true future "
    "frame.",
    "interval": "Where the figure would lie in 95 of 100 measurements on other episodes of the "
    "same kind; a wide one means that more clips may change the verdict.",
    "latent action": "The change between two frames in a few codes, one per position; you can "
    "type it, for example [3,1,0,6].",
    "instruction": "The sentence that says what is to be done, such as “lift the red cube”.",
    "large model": "The latent policy, which reads frame and instruction and says a word, a "
    "latent action; a small head acts on it until the next one comes. Large models are slow: here "
    "a word comes as long after its frame as it takes until the next word.",
    "latent": "The change between two frames as a list of numbers, before it is rounded to codes.",
    "learned keys": "The latent action of each key is the one that most surely moved this "
    "embodiment that way in real video; hover a key to see how often.",
    "most frequent": "The share of this embodiment's frame pairs, in clips kept out of training, "
    "for which the model infers exactly these codes.",
    "mutual information": "How many bits the code tells about the label: 0 is nothing; what "
    "shuffled labels give is chance.",
    "position": "One of the places in a latent action; each place holds one code.",
    "PSNR": "Peak signal-to-noise ratio in decibels (dB): how close two pictures are; higher is "
    "closer.",
    "quantizer": "The network behind this page (LAQ, LAPA's first stage): it turns a pair of "
    "frames into codes, and a frame and codes into the next frame.",
    "re-anchor": "To put the true frame back in place of the imagined one every so many "
    "steps; without it, the replay only ever sees its own pictures.",
    "seed": "The number that everything random follows from: the same seed lays the same blocks "
    "in the same places.",
    "sequence": "Latent actions one after the other, such as [3,1,0,6] x4, [0,0,2,1]; "
    "brackets group, x repeats.",
    "sharpness": "How much fine detail the imagined frame has against the first frame, where the "
    "two differ: 1 is as much, less is blurred.",
    "who acts": "LAPA: the policy pretrained on latent actions, then finetuned on 200 labelled "
    "episodes; from scratch: the same network without latent pretraining; LAPA "
    "with a fast head: the latent policy says latent actions, on which a small head acts that "
    "learned from 200 labelled episodes; the oracle is no policy: it knows where every block is, "
    "and shows what success looks like.",
    "sweep": "All codes of one position tried on the same frame while the other positions stay.",
}
