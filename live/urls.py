"""Where pages listen."""

from django.urls import path

from live import views

app_name = "live"

urlpatterns = [
    path("live/board/", views.board, name="board"),
    path("live/board/poll/", views.poll_board, name="poll_board"),
    path("live/incidents/<int:number>/", views.incident, name="incident"),
    path("live/incidents/<int:number>/poll/", views.poll_incident, name="poll_incident"),
]
