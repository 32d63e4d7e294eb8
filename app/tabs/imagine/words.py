"""What the Python side of the tab Imagine says; fields are filled in where it is said."""

# curve.py
DISTANCE = "distance from real frames"

# dream.py
FULL = "This dream has reached {most} moments, which is as many as are kept; reset it to go on."
LONG = (
    "That is {steps} steps, but this dream has room for {room} more, as it keeps {most} moments; "
    "take fewer, or reset it."
)
NO_MOMENT = "This dream has no moment {number}; it has 0 to {last}."

# dream_store.py
GONE = "This dream is no longer kept: the server had to make room. Reset it to begin again."
NO_REPLAY = "There is no replay to keep yet; replay a clip first."
NEEDS_PAGE = "A dream needs an open page; reload the page and begin again."

# events.py
WENT_WRONG = (
    "Something went wrong on the server; its log has the details. Reset the dream to go on."
)
UNREAD = "The page sent something that cannot be read; reload it."
NO_SEQUENCE = "Write at least one sequence; every line becomes a future."
TOO_OFTEN = "Repeated so often, the sequence is longer than 4096 steps."
NO_FILE = "There is no such file as {kind}; choose one of {known}."
SAME_FRAMES = "The same frames as when it was kept, to the last bit."
OTHER_FRAMES = " The frames are not the same as when it was kept."

# keys.py
EVERYONE = "all embodiments together"
STAYED = "stayed where it was"
CLOSED = "closed its grip"
OPENED = "opened its grip"
DRIVEN = "was driven so: “{word}”"
MOVED = "moved {name} in the picture"
INFERRED = "Inferred from {pairs} real frame pairs of {whose}; in {agree:.0f} % of them it {what}."

# link.py
LINK_LONG = "The link's dream is too long to be read; the first frame is shown."
LINK_UNREAD = "The link's dream cannot be read; the first frame is shown instead."

# records.py
FROM_TRUTH = "every step from the true frame"
OWN_PICTURES = "fed its own pictures"
ANCHORED = "anchored to the truth every {every} steps"
ALL_BEAT = "Imagined {how}, all {count} steps beat copy-frame; on average {closer}."
BEAT_UP_TO = (
    "Imagined {how}, it beats copy-frame up to step {trusted} of {count}; from step "
    "{doubted} on the picture should not be trusted. On average it is {closer}."
)

# replay.py
ENDS_BEFORE = (
    "The clip ends less than {gap_seconds:g} s after this frame, so there is nothing "
    "to replay; choose an earlier frame."
)

# rollout.py
GIVE_CODES = "With a picture of your own, give the latent actions to imagine."

# saved.py
TRUE_BESIDE = " · true beside it"
FILE_LARGE = "The file has {size:.1f} MB; a dream has at most 2 MB."
NO_JSON = "The file is no JSON; choose one that this page has kept."
NO_DREAM = "The file is JSON, but no dream of this page."
OTHER_VERSION = "The file was written by another version of this page."
FILE_DAMAGED = "The file is damaged; choose one that this page has kept."
FIRST_FRAME = "the first frame, as it was filmed"

# service.py
AT_HORIZON = "It stopped at its horizon."
PAUSED = "It paused by itself, so that others can play; press Play to go on."
KEPT_FULL = "This dream holds as many moments as are kept; reset it to go on."
NO_POSITION = "Position {position} does not exist; choose one of the pads."
STILL = "The latent action of a pair in which nothing moves."
FIRST_MISSING = "The file's first frame is missing; it cannot be imagined again."
OTHER_WEIGHTS = "It was made with other weights of this model, so frames may differ."
