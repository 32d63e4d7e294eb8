"""What the Python side of the tab Checkup says; fields are filled in where it is said."""

# events.py
NEEDS_PAGE = "A checkup needs an open page; reload it and try again."
SEND_ONE = "Send one file, or config.json and model.safetensors together."
UNNAMED_CHECKUP = "The page asked for a checkup that cannot be named; please reload it."

# jobs.py
WENT_WRONG = "Something went wrong on the server during this checkup; its log has the details."
NOT_FINISHED = "This checkup is not finished yet."
UNKNOWN_CHECKUP = "This checkup is no longer known here; please start it again."
TOO_MANY_OWN = "{own} checkups of yours wait already; let one of them end first."
TOO_MANY = "{count} checkups are waiting already; try again later."
GAVE_WAY = "Many checkups wait, and most came from your address; start this one again later."

# link.py
NO_CLIPS_OF = "There are no clips of {each} here; they are left out."
LINK_SIZE = "There is no size {size}; it is {usual}."
CHOICE_UNREAD = "The page sent a choice that cannot be read; please reload it."
LINK_UPLOADED = (
    "This link points to an uploaded checkpoint. Uploads are private to the session "
    "that made them: upload it again to examine it."
)
NO_CHECKPOINT = "There is no checkpoint named {name} that can be examined here."

# sample.py
NO_SIZE = "There is no size {size!r}; there are: {names}."
TOO_SHORT = (
    "No chosen clip is longer than the checkpoint's gap of {gap_seconds:g} s, so "
    "there is no frame pair to examine; send a video that lasts a few seconds."
)
LEFT_OUT = "{short} of the {count} clips {verb} shorter than the gap and left out."
QUICK_LOOK = "A quick look: {looked}. The intervals are wider than those of a thorough checkup."
OWN_VIDEO = (
    "A video of yours was measured. If the quantizer was trained on it, the figures "
    "flatter it; and nobody knows the robot's actions in it."
)
OTHER_GAP = (
    "The pairs of {clips} are {spread} s apart, not {gap_seconds:.2g} s, as there are "
    "too few frames a second."
)

# service.py
LOADING = "loading the checkpoint"
READING = "reading the clips"
UPLOAD_NEEDS_PAGE = "An upload needs an open page; reload the page and send it again."
NOTHING_MEASURED = "Nothing was measured of {name} before; run the checkup."
CHECKPOINT_GONE = (
    "That checkpoint was uploaded in another visit, or more were sent since; send it again."
)
CANNOT_LOAD = "The checkpoint {title} cannot be loaded any more."
CHOOSE_CLIPS = "Choose the clips: at least one embodiment or one video of yours."
ALL_CLIPS = "all shipped clips"
CLIPS_OF = "the shipped clips of {named}"
OWN_VIDEOS = "{count} videos of yours"

# uploads.py
ACCEPTED = "send config.json and model.safetensors together, both in a zip file, or LAPA's .pt file"
TOO_MUCH = "too much at once"
UPLOAD_GONE = "The uploaded checkpoint is no longer there; send it again."
TOO_LARGE = "The checkpoint has {total:.0f} MB; at most {most} MB are accepted."
UNUSABLE = "The checkpoint {title} cannot be used: {reason}."
DAMAGED = "The checkpoint {title} is damaged or not a quantizer's; {accepted}."
NOT_ONE = "The files {told} are not one checkpoint; {accepted}."
ALONE = "The file {path} alone is not a checkpoint; {accepted}."
NO_CHECKPOINT_FILE = "The file {path} is not a checkpoint; {accepted}."
UNPACKS_TO = "The zip file {path} unpacks to {claimed:.0f} MB; at most {most} MB are accepted."
CANNOT_UNPACK = "The zip file {path} cannot be unpacked: it is damaged or needs a password."
DAMAGED_ZIP = "The file {path} is a damaged zip file; send it again."
ZIP_HOLDS = "The zip file {path} must hold one checkpoint, and it has {counts}; {accepted}."
