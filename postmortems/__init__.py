"""Post-mortems and action items: what is written and promised after an incident, and kept until it is done."""
