"""The main job, played end to end against a forge's stand-in."""
