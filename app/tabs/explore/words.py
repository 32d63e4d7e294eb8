"""What the Python side of the tab Explore says; fields are filled in where it is said."""

# episode.py
SIZE_OF_COMMANDS = "size of all {count} commands"

# events.py
WENT_WRONG = (
    "Something went wrong on the server; its log has the details. Please try another frame."
)
MAY_UPLOAD = " You can upload an image or a video."
NEEDS_POSITION = "A sweep needs a latent action and a position."
NOTHING_TO_CUT = "There is no latent action to be cut short."

# guess/events.py
NUMBER_UNREAD = "The page sent a number that cannot be read; please reload it."

# guess/service.py
NO_ROUND = "There is no round {number!s:.20} of game {seed!s:.20}."
NO_PAIRS = "The clips here have no pair whose codes of {model} look different."

# link.py
OTHER_VERSION = "This link was made by another version of the page; what is known is shown."
NO_CHECKPOINT = "There is no checkpoint named {model}; {name} is used."
STATE_UNREAD = "The page sent a state that cannot be read; please reload it."
NOT_WHOLE = "The link's {name} “{text}” is not a whole number; it is left out."
NOT_CODES = (
    "The link's latent action “{text}” is not a list of codes such as 3.1.0.6; the "
    "inferred codes are shown instead."
)
NOT_OVERLAY = "The link's overlay “{text}” is not one of {names}; {usual} is shown."
FRAME_OUTSIDE = (
    "The link asks for frame {index}; this clip has frames 0 to {last}, so frame "
    "{clamped} is shown."
)
CODES_MISFIT = (
    "The link's latent action {codes} does not fit {name}, which takes {length} "
    "from 0 to {last}; the inferred codes are shown instead."
)
POSITION_OUTSIDE = (
    "The link sweeps position {position}; {name} has {positions}, so position 0 is swept."
)

# service.py
NOT_NESTED = "{model} was not trained so that its first codes alone say something."

# starts.py
REAL_COUNT = "{count} recording{plural} of real robots"
REAL_KNOWN = "{count}; of these some model here has learned {names}."
REAL_UNKNOWN = "{count}, which no model here has learned: what it imagines is a guess."
STRANGER = (
    "{name} has not learned {embodiment}: what it imagines here is a guess. It knows {names}."
)
