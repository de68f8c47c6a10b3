"""Pages that use every behaviour of allclear.js and nothing else; the front's own tests open them in a browser."""

import time

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from accounts.access import member, public

PAGE = """{% extends "base.html" %}
{% block content %}
<h1>Front</h1>
<form id="note" class="form" method="post" action="/front/note/" hx-post="/front/note/" hx-target="#answer" data-reset>
  {% csrf_token %}
  <label for="text">Note</label><textarea id="text" name="text" data-draft="note"></textarea>
  <button class="btn">Add note</button>
</form>
<form id="broken" class="form" method="post" action="/front/broken/" hx-post="/front/broken/" hx-target="#answer">
  {% csrf_token %}<label for="words">Words</label><input id="words" name="words"><button class="btn">Break</button>
</form>
<label><input type="checkbox" id="tick" hx-post="/front/broken/" hx-target="#answer">Tick</label>
<p id="answer"></p>
<button id="morph" class="btn" type="button" hx-get="/front/part/" hx-target="#part" hx-swap="morph">Morph</button>
<section id="part"><details><summary>More</summary><p>Inside</p></details>
  <form><label for="name">Name</label><input id="name" value="first"><label for="other">Other</label><input id="other" value="first"></form>
  <p id="said">first</p></section>
<p class="cmd"><code>git log --oneline -10</code><button class="btn" type="button" data-copy hidden>Copy</button></p>
{% endblock %}"""
PART = """<section id="part"><details><summary>More</summary><p>Inside</p></details>
  <form><label for="name">Name</label><input id="name" value="second"><label for="other">Other</label><input id="other" value="second"></form>
  <p id="said">second</p></section>"""

notes: list[str] = []


@member
def front(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


@member
def note(request: HttpRequest) -> HttpResponse:
    time.sleep(0.5)
    notes.append(request.POST["text"])
    return HttpResponse(f"Noted {len(notes)}")


@member
def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)


@member
def part(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PART)


@public
def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [
    path("front/", front),
    path("front/note/", note),
    path("front/broken/", broken),
    path("front/part/", part),
    path("front/fails/", fails),
    path("", include("config.urls")),
]
handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
