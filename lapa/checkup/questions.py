"""The questions of a report, in their order. Each figure of a measure answers one of them."""

USE = "Are all codes used?"
MOTION = "Does the picture move the right way?"
FOG = "Is it a sharp picture, or fog?"
EFFECT = "Do the codes matter?"
MEANING = "Same action, same code?"
ACTION = "Can the action be read from it?"
LEAK = "Is the future smuggled through?"
NO_OP = "Does nothing mean nothing?"
ROLLOUT = "How long can it dream?"
TRANSFER = "Does a code carry over to another embodiment?"
SHARING = "Do embodiments share codes?"

QUESTIONS = (
    USE,
    MOTION,
    FOG,
    EFFECT,
    MEANING,
    ACTION,
    LEAK,
    NO_OP,
    ROLLOUT,
    TRANSFER,
    SHARING,
)
