"""What was recorded of the real service, made into records: files, what they mean, and people."""
