"""SIMPLER's WidowX scenes in ManiSkill 3, with assets that the user has."""
