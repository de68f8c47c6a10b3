"""Reminders: what was promised after an incident, and is chased until it is done."""
