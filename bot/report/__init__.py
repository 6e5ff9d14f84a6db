"""What people read: comment, check output, terminal text and JSON, all from one `Evaluation`."""
