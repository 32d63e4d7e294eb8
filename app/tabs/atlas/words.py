"""What the Python side of the tab Atlas says; fields are filled in where it is said."""

# events.py
NO_MODEL = "No checkpoint can be used here, so there is no atlas of one."
NONE_WITH = "No pair of the atlas has {pattern}."
USAGE_UNKNOWN = "This atlas does not know how the codes are used; make it anew."
NO_POSITION = "There is no position {position}; choose another one."
PICTURES_UNREAD = "The page asked for pictures that cannot be named; please reload it."
KINDS_OF_FILE = "Pairs are saved as csv, json or webp, not as {kind!s:.20}."
NUMBER_UNREAD = "The page sent a number that cannot be read; please reload it."

# link.py
NO_CHECKPOINT = "There is no checkpoint named {model}; {other} is used."
NO_LOOK = "There is no {name} {asked}; {known} is shown."

# pattern.py
FEW_POSITIONS = "there are only {code_length} positions"
POSITIONS_GIVEN = "{count} of {code_length} positions are given"

# records.py
MOVE_ROUGHLY = "move {label}, give or take 45°"
OF_TASK = "are of the task {label}"
SHARE_HERE = "{own} % of the pairs here {does}, and {rest} % of all others."
MISSING_WORDS = "No pair has {missing} in instruction, embodiment, task or direction."
NOT_ALL_WORDS = "Pairs have each of these words, but none has all of them."

# search.py
NO_WORD = "There is no word to look for; write one, such as push, or an embodiment's."
NO_FIELD = "There is no field {field!r}; words are looked for in {known}."

# service.py
NO_POINT_OF_CLIP = "The clip {clip_id} has no point in the atlas."
NO_POINTS = "There are no such points; the atlas has 0 to {last}."
NO_CODES = "No pair of the atlas has these codes."
NO_ATLAS = "There is no atlas of {model} yet. This makes it: {command}"
ATLAS_DAMAGED = "The atlas of {model} is damaged. This makes it anew: {command}"
ATLAS_OF_OTHER = "The atlas here is of the checkpoint {made}, not of {model}."
NO_POINT = "There is no point {row!s:.20}; the atlas has 0 to {last}."
ATLAS_LACKS = "The atlas of {model} lacks {name}. This makes it anew: {command}"
