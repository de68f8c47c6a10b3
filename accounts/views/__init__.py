"""Views of people: how they come in, their own settings, and what administrators do."""
