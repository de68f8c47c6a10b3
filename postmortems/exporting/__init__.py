"""What leaves the portal: a post-mortem as Markdown, HTML, PDF and JSON, and all that there is of an incident.

Apps above this one add files of their own to an incident's record with :func:`contribute`.
"""
