"""The HTTP edge: verify a delivery, store it, answer. Nothing is decided here."""
