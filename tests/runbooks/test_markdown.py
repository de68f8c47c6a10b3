import re
import time

import pytest

from runbooks.markdown import render, render_inline


def test_lists_tables_and_code_come_out_as_people_expect() -> None:
    html = render("## Do\n- [ ] first\n- [x] second\n\n|a|b|\n|-|-|\n|1|2|\n\n```bash\nls -l\n```")
    assert "<h4>Do</h4>" in html
    assert '<ul class="boxes">' in html and '<li class="done">second</li>' in html
    assert "<td>2</td>" in html and "<pre><code>ls -l\n</code></pre>" in html


def test_an_image_is_a_link_and_never_loaded() -> None:
    html = render(
        "![graph <b>](https://example.org/g.png) [![badge](https://example.org/b.svg)](https://example.org)"
    )
    assert "<img" not in html
    assert '<a href="https://example.org/g.png"' in html and ">graph &lt;b&gt;</a>" in html
    assert html.count("<a ") == 2


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<div hx-get=/settings/ hx-trigger=load data-hx-post=/x hx-swap-oob=true>x</div>",
        "<form id=htmx-config name=csrfmiddlewaretoken class=now style=color:red>",
        "<iframe src=//evil.example></iframe><template><hx-partial></template>",
        "[x](javascript:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](&#1;javascript:alert(1))",
        "[x](vbscript:x) [y](data:text/html,x) [z](file:///etc/passwd)",
        "[x](//evil.example) [y](/\\evil.example) [z](\\\\evil.example)",
        "<javascript:alert(1)>",
        '```x" onmouseover="alert(1)\ncode\n```',
        "![x](javascript:alert(1))",
        '[a]: javascript:alert(1) "x"\n\n[a]',
    ],
)
def test_nothing_of_the_authors_can_act(hostile: str) -> None:
    html = render(hostile)
    tags = re.findall(r"<(\w+)([^>]*)>", html)
    assert {name for name, _ in tags} <= {"p", "a", "pre", "code"}
    for _, attributes in tags:
        assert re.fullmatch(r'( href="(https?:|mailto:|/[^/\\])[^"]*")?( rel="[^"]*")?', attributes), html


def test_a_link_tells_the_other_side_nothing() -> None:
    assert 'rel="noopener noreferrer nofollow ugc"' in render("https://example.org")


def test_only_links_from_the_root_or_resolved_ones_stay_inside_the_site() -> None:
    assert 'href="/incidents/12/"' in render("[that one](/incidents/12/)")
    assert "href" not in render("[r](./rollback.md)")
    assert 'href="/runbooks/rollback/"' in render(
        "[r](./rollback.md)", resolve=lambda _: "/runbooks/rollback/"
    )


@pytest.mark.parametrize("flood", ["[" * 64_000, "![" * 32_000, "a [" * 3_000])
def test_a_flood_of_brackets_is_shown_as_plain_text_at_once(flood: str) -> None:
    began = time.process_time()
    assert render(flood).startswith("<pre>")
    assert render_inline(flood)[:1] in "[!a"
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "flood", [">" * 150_000, "|a" * 70_000, "*a_ " * 40_000, "- a\n" * 45_000, "`" * 190_000]
)
def test_other_floods_are_answered_within_seconds(flood: str) -> None:
    began = time.process_time()
    render(flood)
    assert time.process_time() - began < 5


def test_over_the_size_limit_the_text_is_still_readable() -> None:
    assert "&lt;b&gt;" in render("<b>" + "x" * 300_000)


def test_inline_markdown_has_no_paragraph_around_it() -> None:
    assert render_inline("Run `ls` **now**") == "Run <code>ls</code> <strong>now</strong>"
