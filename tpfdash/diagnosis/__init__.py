"""From an event to evidence: what the pixels say of one window of time. No display."""
