"""Sequences as text: what is written is read back, and errors point at the character."""

from __future__ import annotations

import random

import pytest

from lapa.imagine.sequences import (
    LONGEST,
    SequenceError,
    parse_sequence,
    repeated,
    shuffled,
    write_sequence,
)


def parse(text: str) -> list[tuple[int, ...]]:
    return parse_sequence(text, code_length=4, codebook_size=8)


A, B = (3, 1, 0, 6), (0, 0, 2, 1)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("[3,1,0,6] x4, [0,0,2,1]", [A] * 4 + [B]),
        ("[3,1,0,6]", [A]),
        (" [ 3 , 1,0 ,6 ]x2 ;[0,0,2,1]\n[3,1,0,6],", [A, A, B, A]),
        ("[3,1,0,6] × 2\n[0,0,2,1] * 2", [A, A, B, B]),
        ("([3,1,0,6] x2, [0,0,2,1]) x2, [3,1,0,6]", [A, A, B, A, A, B, A]),
        ("(([3,1,0,6]) x2) x2", [A] * 4),
        ("[03,1,0,6] X1", [A]),
    ],
)
def test_text_is_read(text, steps):
    assert parse(text) == steps


@pytest.mark.parametrize(
    ("text", "position", "found", "accepted"),
    [
        ("", 0, "the end", '"["'),
        ("   ", 3, "the end", '"["'),
        ("[3,1,0,9] x4", 7, '"9"', "a code from 0 to 7"),
        ("[3,1,0]", 6, '"]"', "a comma and 1 more code"),
        ("[3,1]", 4, '"]"', "a comma and 2 more codes"),
        ("[3,1,0,6,2]", 8, '","', '"]" after 4 codes'),
        ("[3,1,0,6", 8, "the end", '"]" after 4 codes'),
        ("[3,1,,6]", 5, '","', "a code from 0 to 7"),
        ("[3,1,-1,6]", 5, '"-"', "a code from 0 to 7"),
        ("[3,1,0.5,6]", 6, '"."', "a comma and 1 more code"),
        ("[3,1,0,6] x0", 11, '"0"', "how many times, 1 to 4096"),
        ("[3,1,0,6] x", 11, "the end", "how many times"),
        ("[3,1,0,6] x99999999999999", 11, '"999999999999"', "how many times"),
        ("[3,1,0,6] [0,0,2,1]", 10, '"["', "a comma and the next"),
        ("[3,1,0,6],\n[0,0,2,1] left", 21, '"l"', "a comma and the next"),
        ("[3,1,0,6], left", 11, '"l"', '"["'),
        ("([3,1,0,6]", 10, "the end", '")"'),
        ("[3,1,0,6])", 9, '")"', "a comma and the next"),
        ("([3,1,0,6] x4096) x2", 0, "8192 steps", "up to 4096"),
        ("[3,1,0,6] x4096, [0,0,2,1]", 26, "4097 steps", "up to 4096"),
        ("(" * 400, 8, '"("', '"["'),
        ("[3,1,0,٣]", 7, '"٣"', "a code from 0 to 7"),
    ],
)
def test_error_points_at_the_character(text, position, found, accepted):
    with pytest.raises(SequenceError) as error:
        parse(text)
    assert error.value.position == position and error.value.token == found
    assert error.value.accepted.startswith(accepted) or accepted in error.value.accepted
    assert found in str(error.value) and "accepted" in str(error.value)


def test_place_and_pointer_count_lines():
    with pytest.raises(SequenceError, match="line 2, character 6: found") as error:
        parse("[3,1,0,6],\n[0,0,8,1]")
    assert error.value.pointer == "[0,0,8,1]\n     ^"


def drawn(generator: random.Random) -> tuple[list[tuple[int, ...]], int, int]:
    """A random sequence with runs in it, and S and K."""
    length, size = generator.randint(1, 6), generator.choice([1, 2, 8, 64, 1024])
    pool = [tuple(generator.randrange(size) for _ in range(length)) for _ in range(3)]
    steps = []
    while len(steps) < generator.randint(1, 40):
        steps += [generator.choice(pool)] * generator.choice([1, 1, 2, 5])
    return steps, length, size


@pytest.mark.parametrize("seed", range(100))
def test_what_is_written_is_read_back(seed):
    generator = random.Random(seed)
    steps, length, size = drawn(generator)
    text = write_sequence(steps)
    assert parse_sequence(text, code_length=length, codebook_size=size) == steps
    # spaces, and how separators are written, change nothing
    loose = text.replace("], ", "]" + generator.choice([";", "\n", " ,\t"])).replace(",", " , ")
    assert parse_sequence(loose, code_length=length, codebook_size=size) == steps


@pytest.mark.parametrize("seed", range(200))
def test_any_damage_is_read_or_pointed_at(seed):
    """A character taken out, put in or swapped: a sequence still, or an error inside the text."""
    generator = random.Random(seed)
    steps, length, size = drawn(generator)
    text = write_sequence(steps)
    at = generator.randrange(len(text) + 1)
    kept = generator.choice([at, min(at + 1, len(text))])
    damaged = text[:at] + generator.choice(["", "x", "[", "]", ",", "-", "9", "(", "é", "\0"])
    damaged += text[kept:]
    try:
        read = parse_sequence(damaged, code_length=length, codebook_size=size)
    except SequenceError as error:
        assert 0 <= error.position <= len(damaged) and error.pointer
    else:
        assert all(len(codes) == length and max(codes) < size for codes in read)
        assert parse_sequence(write_sequence(read), code_length=length, codebook_size=size) == read


def test_shuffle_keeps_the_steps_and_repeat_multiplies_them():
    steps = [A, B, A, (1, 2, 3, 4)]
    assert shuffled(steps, 3) == shuffled(steps, 3) and sorted(shuffled(steps, 3)) == sorted(steps)
    assert len({tuple(shuffled(steps, seed)) for seed in range(9)}) > 1
    assert repeated(steps, 3) == steps * 3
    for times in (0, LONGEST):
        with pytest.raises(ValueError, match="up to 4096"):
            repeated(steps, times)
