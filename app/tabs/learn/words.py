"""What the Python side of the tab Learn says; fields are filled in where it is said."""

# events.py
NOTHING_TO_TRY = "There is nothing called {name!r} to try."
CHOICE_UNREAD = "The page sent a choice that cannot be read; please reload it."

# examples.py
NO_MODEL = "This lesson is about the model {model}, which is not here."
NO_CLIP = "There is no clip here that the model {model} has learned from."
CLIP_SHORT = "The clip {clip} is shorter than one gap."

# facts.py
NO_DIRECTION = "The robots agree on the direction of no code of this model."
ONE_DIRECTION = "All codes of the first position go one way in this model."

# figures.py
NOT_HERE = "Not here"
FIGURE_8 = "What each code does"
FIGURE_8_TOLD = (
    "One code of eight, as the paper has in Language Table, and what each does on one "
    "frame; the words are from real pairs, where those agree on one."
)
FIGURE_10_TOLD = (
    "The paper learns from videos of people; here a hand with a palm and five fingers "
    "stands for them. The words are what real pairs with these latent actions did."
)
REALLY_HAPPENED = "{source}, what really happened"
FIGURE_11 = "One latent action, several robots"
FIGURE_11_TOLD = (
    "The latent action {codes} is inferred from the first robot's pair and done on "
    "frames of the others."
)
FIGURE_12_TOLD = (
    "Each picture is imagined from the one before by the real clip's latent actions; "
    "it alternates with the true frame of the same moment."
)
NO_ROBOT = "No clip here shows a robot that {name} has learned."

# handout.py
NEEDS_ADDRESS = "A hand-out needs the address of this page, such as http://localhost:7860/."

# lesson.py
CHOOSE_ANSWER = "Choose one of the {count} answers."

# service.py
NO_LESSON = "There is no lesson {name!r}."
NO_FUTURE = "The lessons look at pairs, and this frame has no future."
NO_INSTRUCTION = "There is no instruction {number!s:.20}."
NO_POSITION = "There is no position {position!s:.20}."
NO_CODE = "There is no code {code!s:.20}; they are 0 to {last}."
NO_CLIPS = "There are no clips here to dream from."
NO_KEYS = "The model {model} has learned no keys that steer."

# stages.py; the policy knows English
INSTRUCTION = "push the {block} to the center"
NO_POLICIES = "The policies {policy} and {finetuned} are not here."
