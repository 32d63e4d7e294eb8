"""What the Python side of the tab Models says; fields are filled in where it is said."""

# service.py
CLOSED = "Opening other models is turned off here; choose one of the list."
NAME_ONE = "Name a folder, LAPA's .pt file, or a Hub id such as owner/name."
LOOKING = "Looking for it"
READING = "Reading what it is"
NO_ROOM = (
    "This model has {parameters:.0f} million parameters and needs {needed:.1f} GB "
    "while it is loaded; {free:.1f} GB are free here."
)
LOADING = "Loading {parameters:.1f} million parameters"
IMAGINING = "Imagining a first frame"
NO_MEMORY = "There is not enough memory for this model here."
CANNOT_OPEN = "This model cannot be opened: {text}."
