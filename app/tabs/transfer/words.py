"""What the Python side of the tab Transfer says; fields are filled in where it is said."""

# charts.py
CELL = (
    "{source} → {target}<br>cosine {cosine}<br>{pairs} pairs, {same_code:.0f} % of "
    "the codes read back"
)

# events.py
NOTHING_MEASURED = "Nothing was measured of this model's transfer."

# link.py
NO_CHECKPOINT = "There is no checkpoint named {model}; {other} is used."
LINK_STEPS = "The link asks for {steps} steps; 1 to {most_steps} are possible, so 1 is."
CHOICE_UNREAD = "The page sent a choice that cannot be read; please reload it."
LINK_FRAME = "The link's frame for {name} is not here; another is shown."
LINK_UPLOADED = (
    "This link points to uploaded frames, which are private to the session that sent "
    "them; another pair is shown."
)
NO_CLIP = "There is no clip named {clip_id} here; another pair is shown."

# measured.py
OTHER_CODES = "its codes are none of this model's"

# sentences.py
NO_ROBOT = "No clip here shows a robot that {name} has learned, which are: {known}."
NO_OTHER = "There is no other embodiment here to do it on."
UNMEASURED = (
    "{name} is not known to have seen any robot, so these pictures prove no transfer; "
    "measure it (python -m lapa checkup --write) on the robots that it has seen."
)
STILL = (
    "Almost nothing moves in this pair, so there is no direction that could carry "
    "over; choose a pair in which the robot moves."
)
STRANGER = "{name} has never seen {embodiment}, so its codes are a guess. "
TO_ONE = "carries over to the other robot"
TO_ALL = "carries over to all other robots"
TO_MOST = "carries over to most other robots"
TO_SOME = "carries over to some other robots"
TO_FEW = "hardly carries over"
HARDLY = ", in {still} hardly at all"
CARRIED = (
    "This latent action{done} {carries}: in {same} of {count} the picture moves the "
    "same way (within 60°), in {opposite} the opposite way{still}; the mean cosine is "
    "{mean:+.2f}. "
)
TRACE = "no more than a trace of"
LEAK = (
    "Shown those frames as if they were its future, the codes gain {gain:.1f} dB on "
    "them, so they carry {part} another scene's looks."
)

# service.py
STEPS = "Steps must be 1 to {most_steps}; {steps!s:.20} came."
UNKNOWN = "The model knows {told}, which no clip here shows."
NOT_MEASURED = "Nothing was measured from {source} to {target}."
NO_EMBODIMENT = "There is no embodiment {name!r} to do it on."
OTHER_EMBODIMENT = "The clip {clip_id} does not show {name}."
