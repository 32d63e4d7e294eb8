"""The browser side of LAPA Explorer; this file keeps app.py from shadowing the package."""
