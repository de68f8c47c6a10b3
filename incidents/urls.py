"""The board, declaring, history, the room and its operations, and the services."""

from django.urls import path

from incidents.views import board, declare, history, services

app_name = "incidents"

urlpatterns = [
    path("", board.board, name="board"),
    path("declare/", declare.declare, name="declare"),
    path("declare/preview/", declare.preview_declaration, name="preview_declaration"),
    path("incidents/", history.history, name="history"),
    path("incidents/<int:number>/", history.history, name="room"),  # until the room is here
    path("settings/services/", services.services, name="services"),
    path("settings/services/add/", services.add_service, name="add_service"),
    path("settings/services/<int:service_id>/", services.change_service, name="change_service"),
    path("settings/services/<int:service_id>/archive/", services.archive_service, name="archive_service"),
    path("settings/services/<int:service_id>/restore/", services.restore_service, name="restore_service"),
]
