"""The board, declaring, history, the room and its operations, and the services."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from incidents.states import IncidentRole
from incidents.views import board, changes, declare, history, room, services, writing

app_name = "incidents"


class RoleConverter(StringConverter):
    regex = "|".join(IncidentRole.values)


register_converter(RoleConverter, "role")


def change(route: str, name: str) -> URLPattern:
    """A change of the room, at ``route`` below its address; its form and operation are found by ``name``."""
    return path(f"incidents/<int:number>/{route}", changes.change, {"name": name}, name=name)


room_patterns = [
    path("incidents/<int:number>/", room.room, name="room"),
    path("incidents/<int:number>/events/<int:seq>/", room.event, name="event"),
    path("incidents/<int:number>/notes/", writing.add_note, name="add_note"),
    path("incidents/<int:number>/update/", writing.post_update, name="post_update"),
    change("acknowledge/", "acknowledge"),
    change("status/", "change_status"),
    change("close/", "close"),
    change("reopen/", "reopen"),
    change("cancel/", "cancel"),
    change("merge/", "merge"),
    change("severity/", "change_severity"),
    change("cadence/", "change_cadence"),
    change("details/", "change_details"),
    change("private/", "change_privacy"),
    change("roles/<role:role>/", "assign_role"),
    change("roles/<role:role>/take/", "take_role"),
    change("access/grant/", "grant_access"),
    change("access/<int:user_id>/revoke/", "revoke_access"),
    change("revision/", "adopt_revision"),
    change("links/", "add_link"),
    change("events/<int:seq>/correct/", "correct_event"),
    change("steps/<int:step_id>/done/", "set_step_done"),
    change("steps/<int:step_id>/finish/", "finish_step"),
    change("steps/<int:step_id>/skip/", "skip_step"),
    change("steps/<int:step_id>/assign/", "assign_step"),
    change("steps/<int:step_id>/answer/", "answer_question"),
    change("steps/<int:step_id>/command/", "log_command"),
    change("checklists/<int:checklist_id>/steps/", "add_step"),
    change("causes/<int:checklist_id>/choose/", "choose_branch"),
    change("causes/<int:checklist_id>/abandon/", "abandon_branch"),
]

urlpatterns = [
    *room_patterns,
    path("", board.board, name="board"),
    path("figures/", board.figures, name="figures"),
    path("declare/", declare.declare, name="declare"),
    path("declare/preview/", declare.preview_declaration, name="preview_declaration"),
    path("incidents/", history.history, name="history"),
    path("settings/services/", services.services, name="services"),
    path("settings/services/add/", services.add_service, name="add_service"),
    path("settings/services/<int:service_id>/", services.change_service, name="change_service"),
    path("settings/services/<int:service_id>/archive/", services.archive_service, name="archive_service"),
    path("settings/services/<int:service_id>/restore/", services.restore_service, name="restore_service"),
]
