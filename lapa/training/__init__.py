"""Training: one loop (`loop.fit`) that yields `Progress`, and the recipes that run on it.

`loop` knows nothing of robots or codes; `quantize` is LAPA's stage 1 on top of it. A run lives in
one folder (`runs/<name>`): config.json, metrics.jsonl, previews/, checkpoints/ (to resume from)
and model/ (the averaged weights, loadable with `LatentActionQuantizer.from_pretrained`).
"""
