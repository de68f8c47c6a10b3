from django.urls import path

from accounts.views import entrance, members, settings, teams

app_name = "accounts"
urlpatterns = [
    path("setup/<str:token>/", entrance.set_up, name="set_up"),
    path("join/<str:token>/", entrance.join, name="join"),
    path("settings/", settings.settings, name="settings"),
    path("settings/sign-out-everywhere/", settings.sign_out_everywhere, name="sign_out_everywhere"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/invite/", members.invite, name="invite"),
    path("settings/members/<int:user_id>/", members.member, name="member"),
    path("settings/members/<int:user_id>/role/", members.change_role, name="change_role"),
    path("settings/members/<int:user_id>/deactivate/", members.deactivate, name="deactivate"),
    path("settings/members/<int:user_id>/reactivate/", members.reactivate, name="reactivate"),
    path("settings/members/<int:user_id>/reset-link/", members.reset_link, name="reset_link"),
    path(
        "settings/invitations/<int:invitation_id>/revoke/",
        members.revoke_invitation,
        name="revoke_invitation",
    ),
    path("settings/teams/", teams.teams, name="teams"),
    path("settings/teams/create/", teams.create_team, name="create_team"),
    path("settings/teams/<slug:slug>/", teams.team, name="team"),
    path("settings/teams/<slug:slug>/rename/", teams.rename_team, name="rename_team"),
    path(
        "settings/teams/<slug:slug>/calendar/", teams.change_working_calendar, name="change_working_calendar"
    ),
    path("settings/teams/<slug:slug>/lead/", teams.set_lead, name="set_lead"),
    path("settings/teams/<slug:slug>/delete/", teams.delete_team, name="delete_team"),
    path("settings/teams/<slug:slug>/members/add/", teams.add_member, name="add_member"),
    path(
        "settings/teams/<slug:slug>/members/<int:user_id>/remove/", teams.remove_member, name="remove_member"
    ),
]
