"""The pictures of a report: inline SVG or HTML that needs no other file."""
