"""Action items as a CSV file that a spreadsheet opens, and back."""
