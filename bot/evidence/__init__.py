"""Evidence in its normal form, and one reader per format that produces it."""
