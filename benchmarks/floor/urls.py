"""The floor's addresses."""

from django.urls import path

from benchmarks.floor import views

urlpatterns = [
    path("", views.rows),
    path("hello/", views.hello),
    path("insert/", views.insert),
    path("stream/", views.stream),
]
