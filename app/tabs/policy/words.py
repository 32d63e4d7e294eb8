"""What the Python side of the tab Policy says; fields are filled in where it is said."""

# events.py
NO_RATES = "No success rates were measured of these policies."

# link.py
NO_CHOICE = "There is no {words} named {asked}; {otherwise} is used."
NO_RECORDING = "There is no recorded episode named {recording}."
NO_SPEAKS = "The large model cannot speak {asked} times a second; {otherwise:g} is used."
SEED_OUTSIDE = "The link's seed is out of range; {seed} is used."
KIND_OF_TASK = "kind of task"
SEED_WHOLE = "The seed must be a whole number from 0 to {last}."
CHOICE_UNREAD = "The page sent a choice that cannot be read; please reload it."

# recordings.py
NO_EPISODE = "There is no recorded episode {name!r}; choose one of the page."
EPISODE_FRAMES = "The episode has frames 0 to {last} to begin with."

# records.py
KINDS = {
    "block2block": "a block to a block",
    "block2absolute": "a block to a place",
    "block2relative": "a block in a direction",
    "block2blockrelative": "a block to a side of a block",
    "separate": "two blocks apart",
}
EMBODIMENTS = {"elbow-arm": "arm with an elbow", "flat-arm": "flat arm"}
THEMES = {"sim": "plain", "real": "wood and clutter"}
POLICIES = {
    "lapa": "LAPA",
    "scratch": "from scratch",
    "fast": "LAPA with a fast head",
    "oracle": "the oracle",
}
ALL_KINDS = "all five kinds"

# service.py
NOTHING_KEPT = "There is nothing to keep yet; press Run first."
NEEDS_PAGE = "A run needs an open page; reload the page and try again."
STEPS = "Steps must be {least} to {most}; {steps} came."
NO_POLICY = "There is no policy {policy!r}; choose one of the page."
ORACLE_KINDS = "The oracle does the five kinds of task only; choose one of those."
NO_RACE = "A recording cannot be raced; begin in the simulator."
NO_FILE = "There is no such file as {kind}; choose mp4 or gif."
SEED = "The seed must be 0 to {last}; {seed} came."
SPEAKS = "The large model speaks {among} times a second; {speaks:g} came."
INSTRUCTION_LONG = "The instruction has {count} characters; at most {most} are accepted."
NOT_AMONG = "There is no {name} {choice!r}; there are: {names}."
NO_CHECKPOINT = "There is no policy among the checkpoints ({policy})."
NOT_INSTALLED = "The simulator is not installed here ({error})."
CANNOT_LOAD = "The policy {policy} cannot be loaded: {error}."
RUN_GONE = "This run is no longer kept; choose a start again."

# simulator.py
STOPPED = "The simulator has stopped; press Run to start it again."
SILENT = "the simulator did not answer {verb} in {patience} s"
