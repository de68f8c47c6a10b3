"""Asking for reviews and answering, and talking about passages."""

from typing import Any, TypeVar
from uuid import uuid4

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member, responder
from incidents.operations import Refused, SaidBefore
from postmortems.forms.reviewing import AnswerReviewForm, CommentForm, ReplyForm, RequestReviewForm
from postmortems.models import Postmortem
from postmortems.operations import commenting, reviewing
from postmortems.reviewing import comments_of, reviews_of, threads_of
from postmortems.views.page import find

PER_PAGE = 25
Said = TypeVar("Said", CommentForm, ReplyForm)


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def request_review(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    form = RequestReviewForm(_sent(request), postmortem=postmortem)
    if request.method != "POST":
        return _ask(request, postmortem, form, "request_review")
    if not form.is_valid():
        return _ask(request, postmortem, form, "request_review", 422)
    try:
        reviewing.request_review(postmortem.pk, form.cleaned_data["people"], by=request.user)
    except Refused as refusal:
        return _refuse(request, postmortem, form, "request_review", refusal)
    return redirect(_part(number, "review"))


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def answer_review(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    asked = {"number": postmortem.number, "verdict": request.GET.get("verdict", "")}
    form = AnswerReviewForm(_sent(request), initial=asked)
    if request.method != "POST":
        return _ask(request, postmortem, form, "answer_review")
    if not form.is_valid():
        return _ask(request, postmortem, form, "answer_review", 422)
    try:
        reviewing.answer_review(postmortem.pk, **form.cleaned_data, by=request.user)
    except Refused as refusal:
        return _refuse(request, postmortem, form, "answer_review", refusal)
    return redirect(_part(number, "review"))


@responder
@require_POST
def withdraw_review(request: MemberRequest, number: int, user_id: int) -> HttpResponse:
    """Ask somebody no more; who is not asked is not there to be asked no more."""
    postmortem = find(request, number)
    review = get_object_or_404(postmortem.reviewers, user=user_id)
    try:
        reviewing.withdraw_review(postmortem.pk, review.user_id, by=request.user)
    except Refused as refusal:
        form = RequestReviewForm(request.POST, postmortem=postmortem)
        form.errors.clear()
        return _refuse(request, postmortem, form, "request_review", refusal)
    return redirect(_part(number, "review"))


@member
@require_safe
def comments(request: MemberRequest, number: int) -> HttpResponse:
    """Everything that was said, a page at a time: what is open, or with ``?settled=1`` what is settled."""
    return _comments(request, find(request, number), CommentForm())


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    form = CommentForm(_sent(request))
    if request.method != "POST":
        return redirect(f"{reverse('postmortems:comments', args=[number])}#comment-form")
    if not form.is_valid():
        return _comments(request, postmortem, form, 422)
    try:
        made = commenting.comment(postmortem.pk, **form.words(), by=request.user)
    except Refused as refusal:
        return _comments(request, postmortem, _renewed(form, refusal), 409)
    return redirect(_part(number, f"comment-{made.pk}"))


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: MemberRequest, number: int, comment_id: int) -> HttpResponse:
    postmortem = find(request, number)
    about = get_object_or_404(postmortem.comments.select_related("made_by"), pk=comment_id, answers=None)
    form = ReplyForm(_sent(request), auto_id=f"reply-{comment_id}-%s")
    shown: dict[str, Any] = {"about": threads_of(postmortem, [about])[0]}
    if request.method != "POST":
        return _ask(request, postmortem, form, "reply", **shown)
    if not form.is_valid():
        return _ask(request, postmortem, form, "reply", 422, **shown)
    try:
        commenting.reply(postmortem.pk, about.pk, **form.cleaned_data, by=request.user)
    except Refused as refusal:
        return _ask(request, postmortem, _renewed(form, refusal), "reply", 409, **shown)
    return redirect(_part(number, f"comment-{about.pk}"))


@responder
@require_POST
def settle_comment(request: MemberRequest, number: int, comment_id: int) -> HttpResponse:
    return _settle(request, number, comment_id, "settle_comment")


@responder
@require_POST
def reopen_comment(request: MemberRequest, number: int, comment_id: int) -> HttpResponse:
    return _settle(request, number, comment_id, "reopen_comment")


def _settle(request: MemberRequest, number: int, comment_id: int, operation: str) -> HttpResponse:
    postmortem = find(request, number)
    about = get_object_or_404(postmortem.comments, pk=comment_id, answers=None)
    try:
        getattr(commenting, operation)(postmortem.pk, about.pk, by=request.user)
    except Refused as refusal:
        form = CommentForm({})
        form.errors.clear()
        return _comments(request, postmortem, _renewed(form, refusal), 409)
    return redirect(_part(number, "comments"))


def _comments(
    request: MemberRequest, postmortem: Postmortem, form: CommentForm, status: int = 200
) -> HttpResponse:
    settled = request.GET.get("settled") == "1"
    page = Paginator(comments_of(postmortem, settled=settled), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "postmortem": postmortem,
        "form": form,
        "page": page,
        "threads": threads_of(postmortem, page.object_list),
        "settled": settled,
    }
    return render(request, "postmortems/comments.html", context, status=status)


def _sent(request: MemberRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _ask(
    request: MemberRequest,
    postmortem: Postmortem,
    form: forms.Form,
    name: str,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"postmortem": postmortem, "form": form, "reviews": reviews_of(postmortem), **more}
    return render(request, f"postmortems/{name}.html", context, status=status)


def _refuse(
    request: MemberRequest, postmortem: Postmortem, form: forms.Form, name: str, refusal: Refused
) -> HttpResponse:
    form.add_error(None, str(refusal))
    return _ask(request, postmortem, form, name, 409)


def _renewed(form: Said, refusal: Refused) -> Said:
    """The form with the refusal; where its key has made something else already, with a key of its own."""
    form.add_error(None, str(refusal))
    if isinstance(refusal, SaidBefore):
        form.data = {name: form.data.get(name, "") for name in form.fields} | {"key": str(uuid4())}
    return form


def _part(number: int, anchor: str) -> str:
    return f"{reverse('postmortems:postmortem', args=[number])}#{anchor}"
