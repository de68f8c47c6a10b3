"""Where on the page a line of the source is."""

from django import template

from runbooks.annotate import Annotated

register = template.Library()


@register.filter
def place(line: int, page: Annotated | None) -> str:
    """The fragment for ``line`` on a page that shows the rendered document, or else its numbered lines."""
    if page is None:
        return f"#S{line}"
    anchor = page.anchor(line)
    return f"#L{anchor}" if anchor else "#source"
