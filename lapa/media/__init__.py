"""Pictures and videos as RGB pixels, for the library, the page and `lapa serve` alike.

Loads no torch: the page decodes before there is a model.
"""
