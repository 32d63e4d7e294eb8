"""What a quantizer is worth, as pure functions of (quantizer, frame pairs) -> frozen dataclasses.

Here lies what measures share: `table.measure` runs the quantizer once over held-out frame pairs,
and every figure that matters is an `estimate.Estimate`, with a bootstrap interval over episodes.
The measures themselves lie in `lapa.checkup.measures`.
"""
