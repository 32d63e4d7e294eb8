"""Both frames of a pair change alike, each pair in its own way, and left stays left."""

from __future__ import annotations

import pytest
import torch

from lapa.data.augment import Augmentation, augment

NOTHING = Augmentation(brightness=0, contrast=0, saturation=0, hue=0, crop=0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scene(batch: int = 4, size: int = 32) -> torch.Tensor:
    """The same smooth coloured picture, `batch` times, away from black and white."""
    ramp = torch.linspace(0.3, 0.6, size)
    picture = torch.stack(
        [ramp.expand(size, size), ramp[:, None].expand(size, size), torch.full((size, size), 0.4)]
    )
    return picture.repeat(batch, 1, 1, 1)


def test_both_frames_change_alike():
    frame = torch.rand(4, 3, 20, 24, generator=generator(1))
    one, other = augment(frame, frame.clone(), generator())
    assert torch.equal(one, other)
    assert (one - frame).abs().amax((1, 2, 3)).min() > 0.01


def test_the_change_does_not_depend_on_the_future():
    frame, future = torch.rand(2, 4, 3, 20, 20, generator=generator(1))
    assert torch.equal(
        augment(frame, future, generator())[0], augment(frame, 1 - future, generator())[0]
    )


def test_every_pair_changes_in_its_own_way():
    frame = scene()
    changed, _ = augment(frame, frame, generator())
    for i in range(4):
        for j in range(i):
            assert (changed[i] - changed[j]).abs().max() > 0.01


def test_chance_comes_from_the_generator_alone():
    frame = scene()
    torch.manual_seed(1)
    first = augment(frame, frame, generator(5))[0]
    torch.manual_seed(2)
    assert torch.equal(first, augment(frame, frame, generator(5))[0])
    assert not torch.equal(first, augment(frame, frame, generator(6))[0])


def test_range_shape_dtype_and_input_are_kept():
    frame = torch.rand(8, 3, 16, 16, generator=generator(1))
    before = frame.clone()
    strong = Augmentation(brightness=0.9, contrast=0.9, saturation=0.9, hue=0.5, crop=0.5)
    changed, _ = augment(frame, frame, generator(), strong)
    assert torch.equal(frame, before)
    assert changed.shape == frame.shape and changed.dtype == frame.dtype
    assert changed.min() >= 0 and changed.max() <= 1


def test_nothing_asked_nothing_changed():
    frame = scene()
    assert torch.allclose(augment(frame, frame, generator(), NOTHING)[0], frame, atol=1e-6)


def test_left_stays_left_and_up_stays_up():
    """Red grows to the right and green downwards, however the pair is changed."""
    frame = scene(64)
    changed, _ = augment(frame, frame, generator(), Augmentation(hue=0))
    assert (changed[:, 0, :, -4:].mean((1, 2)) > changed[:, 0, :, :4].mean((1, 2))).all()
    assert (changed[:, 1, -4:].mean((1, 2)) > changed[:, 1, :4].mean((1, 2))).all()


def test_a_crop_moves_both_frames_by_the_same_way():
    """What moves 8 pixels between the frames moves 8 pixels or, enlarged, a little more."""
    frame, future = torch.zeros(2, 16, 3, 64, 64)
    frame[:, :, 30:34, 20:24] = 1
    future[:, :, 30:34, 28:32] = 1
    one, other = augment(frame, future, generator(), Augmentation(0, 0, 0, 0, crop=0.2))
    columns = torch.arange(64.0)

    def place(images: torch.Tensor) -> torch.Tensor:
        mass = images[:, 0].sum(1)
        return (mass * columns).sum(1) / mass.sum(1)

    moved = place(other) - place(one)
    assert (moved > 7.8).all() and (moved < 8 / 0.8 + 0.5).all()
    assert place(one).std() > 1


@pytest.mark.parametrize(
    ("name", "kept"),
    [("saturation", "luma"), ("hue", "mean"), ("brightness", "ratio"), ("contrast", "average")],
)
def test_each_change_is_what_it_is_called(name, kept):
    frame = scene()
    strength = Augmentation(**{**vars(NOTHING), name: 0.1})
    changed, _ = augment(frame, frame, generator(), strength)
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    measure = {
        "luma": lambda x: (x * luma).sum(1),
        "mean": lambda x: x.mean(1),
        "ratio": lambda x: x / x[:, :, :1, :1],
        "average": lambda x: (x * luma).sum(1).mean((1, 2)),
    }[kept]
    assert torch.allclose(measure(changed), measure(frame), atol=1e-4)
    assert (changed - frame).abs().amax((1, 2, 3)).min() > 1e-3


def test_wrong_input_is_told():
    frame = scene()
    with pytest.raises(ValueError, match="one shape"):
        augment(frame, frame[:2], generator())
    with pytest.raises(ValueError, match="floats"):
        augment((frame * 255).byte(), (frame * 255).byte(), generator())
    with pytest.raises(ValueError, match="crop must lie"):
        Augmentation(crop=1)
