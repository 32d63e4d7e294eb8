"""A tabletop like Language Table's, in MuJoCo: blocks, instructions, an oracle, many bodies."""
