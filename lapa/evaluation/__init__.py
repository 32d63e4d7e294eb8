"""What a quantizer is worth, as pure functions of (quantizer, frame pairs) -> frozen dataclasses.

`table.measure` runs the quantizer once over held-out frame pairs; reconstruction, control, codes,
consistency and probe are arithmetic on that table, overall and per embodiment. leak, still, drift
and transfer ask the quantizer further questions. Every figure that matters is an
`estimate.Estimate`: with a bootstrap interval over episodes. `checkup.examine` runs them all and
tells its progress, `words` puts them together for people and files.
"""
