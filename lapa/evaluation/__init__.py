"""What a quantizer is worth, as pure functions of frame pairs -> frozen dataclasses.

`table.measure` runs the quantizer once over held-out frame pairs; every measure (reconstruction,
control, codes) is arithmetic on that table, overall and per embodiment. `checkup` puts them
together for people.
"""
