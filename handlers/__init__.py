"""The HTTP edge: verifies deliveries, stores them durably, and answers before any work is done."""
