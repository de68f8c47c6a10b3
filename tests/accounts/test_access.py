"""Who may open what: every view of this app for every role, and a decorator on every view there is."""

from collections.abc import Callable, Iterator

import pytest
from asgiref.sync import async_to_sync
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import operations
from accounts.access import member, responder
from accounts.models import Role, User

EVERYONE, MEMBERS, ADMINISTRATORS = "everyone", "members", "administrators"
# path, method, who may
VIEWS = [
    ("/accounts/login/", "get", EVERYONE),
    ("/accounts/password/reset/", "get", EVERYONE),
    ("/settings/", "get", MEMBERS),
    ("/settings/", "post", MEMBERS),
    ("/settings/sign-out-everywhere/", "post", MEMBERS),
    ("/accounts/password/change/", "get", MEMBERS),
    ("/settings/members/", "get", ADMINISTRATORS),
    ("/settings/members/invite/", "post", ADMINISTRATORS),
    ("/settings/members/{user}/", "get", ADMINISTRATORS),
    ("/settings/members/{user}/role/", "post", ADMINISTRATORS),
    ("/settings/members/{user}/deactivate/", "post", ADMINISTRATORS),
    ("/settings/members/{user}/reactivate/", "post", ADMINISTRATORS),
    ("/settings/members/{user}/reset-link/", "post", ADMINISTRATORS),
    ("/settings/invitations/{invitation}/revoke/", "post", ADMINISTRATORS),
    ("/settings/teams/", "get", ADMINISTRATORS),
    ("/settings/teams/create/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/", "get", ADMINISTRATORS),
    ("/settings/teams/platform/rename/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/calendar/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/lead/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/delete/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/members/add/", "post", ADMINISTRATORS),
    ("/settings/teams/platform/members/{user}/remove/", "post", ADMINISTRATORS),
]


@pytest.fixture
def places(ada: User, grace: User) -> dict[str, object]:
    operations.create_team(name="Platform", by=ada)
    invitation, _ = operations.invite(role=Role.VIEWER, by=ada)
    return {"user": grace.pk, "invitation": invitation.pk}


@pytest.mark.parametrize(("path", "method", "who"), VIEWS)
def test_view_opens_for_whom_it_should(
    path: str, method: str, who: str, places: dict[str, object],
    ada: User, grace: User, eve: User, client: Client, client_for: Callable[[User], Client],
) -> None:  # fmt: skip
    path = path.format(**places)
    answers = {name: getattr(browser, method)(path) for name, browser in (
        ("anonymous", client), ("viewer", client_for(eve)), ("responder", client_for(grace)), ("administrator", client_for(ada))
    )}  # fmt: skip
    if who != EVERYONE:
        assert answers.pop("anonymous")["Location"].startswith("/accounts/login/?next=")
    if who == ADMINISTRATORS:
        assert answers.pop("viewer").status_code == answers.pop("responder").status_code == 403
    assert all(answer.status_code in (200, 302, 422) for answer in answers.values())


@pytest.mark.parametrize(
    "path", [path for path, method, _ in VIEWS if method == "post" and path != "/settings/"]
)
def test_a_view_that_changes_something_refuses_get(
    path: str, places: dict[str, object], ada: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(ada).get(path.format(**places)).status_code == 405


def test_every_view_there_is_says_who_may_open_it() -> None:
    undecorated = [str(p.pattern) for p in patterns(get_resolver()) if not hasattr(p.callback, "access")]
    assert undecorated == []


def test_every_view_of_this_app_is_in_the_table() -> None:
    paths = {path.format(user=0, invitation=0) for path, _, _ in VIEWS}
    missing = [
        p.name for p in patterns(get_resolver())
        if (p.callback.__module__ or "").startswith("accounts.views") and p.name not in ("set_up", "join")
        and not any(p_matches(p, path) for path in paths)
    ]  # fmt: skip
    assert missing == []


def test_a_session_that_ended_answers_a_fragment_with_401(ada: User, client: Client) -> None:
    response = client.get("/settings/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "<html" not in response.text


def test_a_post_by_nobody_is_not_led_back_to_itself(ada: User, client: Client) -> None:
    assert client.post("/settings/sign-out-everywhere/")["Location"] == "/accounts/login/?next=/"


def test_guards_work_on_async_views(rf: RequestFactory) -> None:
    from django.core.exceptions import PermissionDenied
    from django.http import HttpRequest, HttpResponse

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    def request_by(user: User) -> HttpRequest:
        request = rf.get("/")

        async def auser() -> User:
            return user

        request.auser = auser
        return request

    reader = User(role=Role.VIEWER)
    assert async_to_sync(member(view))(request_by(reader)).status_code == 200
    with pytest.raises(PermissionDenied):
        async_to_sync(responder(view))(request_by(reader))


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern)
        else:
            yield pattern


def p_matches(pattern: URLPattern, path: str) -> bool:
    return pattern.resolve(path.lstrip("/")) is not None
