"""The shape of what an author sends."""

import re
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Team
from runbooks import source as sources


class RunbookForm(forms.Form):
    """A runbook as text or as a file; ``cleaned_data["bytes"]`` is what will be published.

    A file counts as it is, unless the page had loaded it into the text area (``loaded``), where it may have
    been edited since. ``exact`` carries the bytes that the text began as, from an upload a page ago.
    """

    source = forms.CharField(required=False, strip=False)
    file = forms.FileField(required=False, allow_empty_file=True)
    loaded = forms.BooleanField(required=False)
    exact = forms.CharField(required=False)
    filename = forms.CharField(required=False)
    base = forms.IntegerField(required=False, min_value=1, max_value=2_000_000_000)
    note = forms.CharField(required=False, max_length=200)
    for_incidents = forms.BooleanField(required=False)

    def __init__(self, *args: Any, like: bytes = b"", **kwargs: Any) -> None:
        """``like`` is the source being edited: text that says the same is those very bytes."""
        super().__init__(*args, **kwargs)
        self.like = like
        self.fields["source"].validators = []  # a NUL is refused below, by its place
        self.upload = b""

    def clean_filename(self) -> str:
        """The name of the file just chosen, or of the one chosen before."""
        chosen = self.files.get("file")
        return safe_filename((chosen.name if chosen else "") or self.cleaned_data["filename"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        try:
            data["bytes"] = self._bytes(data)
            sources.check(data["bytes"])
        except sources.SourceRefused as refused:
            self.add_error("source", str(refused))
        return data

    def _bytes(self, data: dict[str, Any]) -> bytes:
        if "source" not in self.data:  # the page between: it carries the bytes alone
            return sources.unpack(data.get("exact") or "")
        text, chosen = data.get("source") or "", data.get("file")
        if isinstance(chosen, UploadedFile):
            self.upload = _read(chosen)
            if not data.get("loaded"):
                return self.upload
        began = self.upload or sources.unpack(data.get("exact") or "")
        return sources.from_text(text, began or self.like)

    @property
    def text(self) -> str:
        """The text to show again, whatever was wrong with it."""
        if self.upload and not self.data.get("loaded"):
            return sources.text_of(self.upload)
        if "source" not in self.data:
            return sources.text_of(sources.unpack(str(self.data.get("exact", ""))))
        return str(self.data["source"]).replace("\x00", "\ufffd")

    @property
    def filename_shown(self) -> str:
        """The name that goes with the text, for the next page to carry."""
        return safe_filename(str(self.cleaned_data.get("filename", ""))) if self.is_bound else ""

    @property
    def packed(self) -> str:
        """What will be published, as the page before publishing carries it."""
        return sources.pack(self.cleaned_data["bytes"])

    @property
    def began_as(self) -> str:
        """What the next page must carry in ``exact``."""
        return sources.pack(self.upload) if self.upload else str(self.data.get("exact", ""))


def _read(chosen: "UploadedFile[bytes]") -> bytes:
    """The file, or as much of it as shows that it is too large."""
    return bytes(chosen.read(sources.MAX_BYTES + 1))


def safe_filename(name: str) -> str:
    """The last part of ``name`` without what no file name should have; at most 200 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return re.sub(
        r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd\"<>|:*?]", "", last
    )[-200:]


class TeamForm(forms.Form):
    """Which team a runbook belongs to; empty for everyone."""

    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Everyone")
