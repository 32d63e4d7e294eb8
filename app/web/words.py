"""What the Python side says that all tabs share, to visitors and to who sends the page a request.

Fields are filled in where it is said. Terms are explained in glossary.py, endpoints in api.py.
"""

from __future__ import annotations

# blocks.py
NOT_SENT = "A file of the request was not sent here, or cannot be fetched; send it as a file."
NO_FILE = (
    "A picture for a tool is named by its address, which begins with http:// or https://, or sent "
    "whole as data: in base64; something else came."
)
MANY_WAIT = "{own} things of your address wait already"

# doors.py
NOTHING_HERE = "There is nothing here."
TWO_LENGTHS = "The request tells its length in two ways."
MANY_CONNECTIONS = "Too many connections are open here; try again later."
NO_FILES = "The request holds something else than files."
MANY_PARTS = "The request holds more than {parts} lists and objects."
MANY_VALUES = "The request holds more than {values} values."
HALF_A_CHARACTER = "The request holds half of a character (a lone surrogate)."
NO_JSON = "The request is no valid JSON in UTF-8, or nested too deeply."
NOTHING_MORE = "Nothing more came for {seconds:g} s; send it again."
LARGE = "The request is larger than {size}, which is the most that is read here."

# events.py
BROKEN = "Something went wrong on the server; its log has the details. Please try again."
NO_CHART = "No chart"
CHOICE_UNREAD = "The page sent a choice that cannot be read; please reload it."

# kept.py
FILES_LIE_HERE = (
    "{total} MB of files from your address lie here or are on their way, and {most} MB are the "
    "most; they go when they were read, and after an hour."
)

# link.py
PRIVATE_UPLOAD = (
    "This link points to an uploaded file. Uploads are private to the session that made them: "
    "upload the file again to see it. A shipped clip is shown meanwhile."
)
NO_CLIP = "There is no clip named {clip} here; another clip is shown."

# reach.py
OTHER_NAME = "This page is not there under that name; --hosts tells it more names."

# uploaded.py
FILE_GONE = "The uploaded file is gone; please upload it again."
