"""What a calendar or a feed reader gets at a secret address: the same bytes as long as nothing changes."""
