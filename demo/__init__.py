"""The main job, played end to end against a GitHub stand-in."""
