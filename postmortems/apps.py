from importlib import import_module

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    name = "postmortems"

    def ready(self) -> None:
        import_module("postmortems.closing")  # what an incident's closing waits for
