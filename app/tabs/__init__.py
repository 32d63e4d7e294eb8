"""The tabs in their order: the name of the folder -> the label. A new tab is a folder and a line.

A folder has `tab.py` with `layout(...)` and, where programs may ask, `api.py` with
`endpoints(...)`; the names of their parameters say what they are given (`app.page`).
"""

TABS = {
    "explore": "Explore",
    # a phone shows the first ones only, and a class has phones
    "learn": "Learn",
    "imagine": "Imagine",
    "policy": "Policy",
    "transfer": "Transfer",
    "atlas": "Atlas",
    "checkup": "Checkup",
}
