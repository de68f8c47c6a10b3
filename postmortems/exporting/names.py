"""What exported files are called."""

from incidents.models import Incident
from runbooks.wording import slug

LONGEST = 60


def file_name(incident: Incident, extension: str, kind: str = "") -> str:
    """As "INC-139-sign-in-loops.md": letters, digits and hyphens, whatever the title is."""
    words = slug(incident.title)[:LONGEST].strip("-")
    return "-".join(filter(None, (incident.reference, kind, words))) + f".{extension}"
