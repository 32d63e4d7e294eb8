"""The tab Atlas: every frame pair a dot, and how the codes are used."""
