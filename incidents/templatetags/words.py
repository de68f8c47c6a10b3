"""People's words for templates: Markdown made safe, and numbers and addresses that can be clicked."""

import re

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from incidents import sentences
from incidents.calling import REACHED_BY
from runbooks.markdown import render, render_inline

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    return render(text)


@register.filter
def inline(text: str) -> SafeString:
    """One line of Markdown, without a paragraph."""
    return render_inline(text)


@register.filter(name="id")
def id_of(prefix: str, number: object) -> str:
    """An element's id: ``"step-"|id:12``."""
    return f"{prefix}{number}"


@register.filter
def cause(title: str) -> str:
    return sentences.cause(title)


@register.filter
def is_web(url: object) -> bool:
    """Whether ``url`` is safe to lead to."""
    return str(url).lower().startswith(("http://", "https://"))


@register.filter
def reach(text: str) -> SafeString:
    """A contact as written, its telephone numbers and addresses as links."""
    out, at = [], 0
    for match in REACHED_BY.finditer(text):
        out += [conditional_escape(text[at : match.start()]), _link(match)]
        at = match.end()
    return mark_safe("".join([*out, conditional_escape(text[at:])]))


def _link(match: re.Match[str]) -> str:
    words = match[0]
    if match["mail"]:
        return format_html('<a href="mailto:{}">{}</a>', words, words)
    if match["web"]:
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', words, words)
    if match["phone"]:
        digits = re.sub(r"[^\d+]", "", words)
        return format_html('<a href="tel:{}">{}</a>', digits, words)
    return words
