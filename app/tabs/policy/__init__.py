"""The tab Policy: an instruction, imagined and acted out in the simulator."""
