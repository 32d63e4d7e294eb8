"""The tab Explore: a frame, pads of codes, the imagined next frame."""
