"""Pictures: what is let in, what becomes of it, and who may see it."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from accounts.models import User
from incidents.models import Access, Incident
from incidents.operations import Refused
from postmortems.encoding import LONGEST_SIDE, PictureRefused, encode
from postmortems.models import Picture, Postmortem
from postmortems.operations import pictures
from tests.postmortems.conftest import a_picture

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
JSON = {"Accept": "application/json"}


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has that many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def turned() -> bytes:
    """A JPEG that its camera held sideways, with a place in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    return a_picture("JPEG", exif=exif)


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        (a_picture("PNG"), "image/png"),
        (a_picture("PNG", mode="RGBA", colour=(255, 0, 0, 9)), "image/png"),
        (a_picture("PNG", mode="P", colour=0), "image/png"),
        (a_picture("PNG", mode="1", colour=1), "image/png"),
        (a_picture("PNG", mode="I;16", colour=9), "image/png"),
        (a_picture("JPEG"), "image/jpeg"),
        (a_picture("JPEG", mode="CMYK", colour=(9, 9, 9, 9)), "image/jpeg"),
        (a_picture("WEBP"), "image/webp"),
        (a_picture("WEBP", mode="RGBA", colour=(255, 0, 0, 9), lossless=True), "image/webp"),
    ],
)
def test_picture_is_encoded_anew(source: bytes, media_type: str) -> None:
    made = encode(source)
    assert (made.media_type, made.width, made.height) == (media_type, 6, 4)
    with Image.open(BytesIO(made.content)) as opened:
        assert Image.MIME[str(opened.format)] == media_type


def test_picture_is_turned_upright_and_says_nothing_more_about_itself() -> None:
    made = encode(turned())
    assert (made.width, made.height) == (4, 6)
    assert b"taken at home" not in made.content
    assert b"Exif" not in made.content
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    for source in (
        a_picture("PNG", pnginfo=info, icc_profile=b"taken at home"),
        a_picture("WEBP", xmp=b"taken at home"),
    ):
        assert b"taken at home" in source
        assert b"taken at home" not in encode(source).content


def test_large_picture_is_made_smaller() -> None:
    made = encode(a_picture("PNG", (LONGEST_SIDE + 1000, 100)))
    assert (made.width, made.height) == (LONGEST_SIDE, 80)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (b"", "no PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (a_picture("GIF"), "no PNG, JPEG or WebP"),
        (a_picture("TIFF"), "no PNG, JPEG or WebP"),
        (a_picture("PNG")[:-30], "broken"),
        (a_picture("JPEG")[: len(a_picture("JPEG")) // 2], "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 500, "broken"),
        (bomb(50_000, 50_000), "pixels"),
        (bomb(9_000, 9_000), "81 million pixels"),
        (bomb(2**31 - 1, 1), "pixels"),
        (b"\xff" * 10_000_001, "10 MB is the most"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_picture_is_refused(source: bytes, why: str) -> None:
    with pytest.raises(PictureRefused, match=why):
        encode(source)


def test_add_picture_answers_with_the_markdown_that_shows_it(
    postmortem: Postmortem, grace: User, client_for: ClientFor
) -> None:
    where = f"/incidents/{postmortem.incident_id}/postmortem/pictures/"
    file = SimpleUploadedFile("error [rate]\n.png", a_picture())
    answer = client_for(grace).post(where, {"picture": file}, headers=JSON)
    made = Picture.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"url": f"{where}{made.pk}", "markdown": f"![error rate]({where}{made.pk})"}
    shown = client_for(grace).get(answer.json()["url"])
    assert shown.content == bytes(made.content)
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Cookie" in shown["Vary"]


def test_add_picture_twice_is_one(postmortem: Postmortem, grace: User) -> None:
    made = encode(a_picture())
    first, again = (pictures.add_picture(postmortem.pk, made, by=grace) for _ in range(2))
    assert first == again


def test_add_picture_refuses_too_many_readers_and_discarded_documents(
    postmortem: Postmortem, grace: User, eve: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = encode(a_picture())
    with pytest.raises(Refused, match="may not"):
        pictures.add_picture(postmortem.pk, made, by=eve)
    monkeypatch.setattr(pictures, "MOST", 0)
    with pytest.raises(Refused, match="cannot take more"):
        pictures.add_picture(postmortem.pk, made, by=grace)
    Postmortem.objects.update(discarded_at=postmortem.created_at)
    with pytest.raises(Refused, match="discarded"):
        pictures.add_picture(postmortem.pk, made, by=grace)


def test_add_picture_says_what_is_wrong_with_a_file(
    postmortem: Postmortem, grace: User, client_for: ClientFor
) -> None:
    where = f"/incidents/{postmortem.incident_id}/postmortem/pictures/"
    for sent in (
        {"picture": SimpleUploadedFile("a.png", b"not")},
        {"picture": SimpleUploadedFile("a.png", b"")},
        {},
    ):
        answer = client_for(grace).post(where, sent, headers=JSON)
        assert answer.status_code == 422
        assert answer.json()["error"]


def test_picture_of_a_private_incident_is_for_those_added_to_it(
    postmortem: Postmortem, grace: User, ada: User, client_for: ClientFor
) -> None:
    made = pictures.add_picture(postmortem.pk, encode(a_picture()), by=ada)
    where = f"/incidents/{postmortem.incident_id}/postmortem/pictures/{made.pk}"
    Incident.objects.update(is_private=True)
    assert client_for(grace).get(where).status_code == 404
    Access.objects.create(incident=postmortem.incident, user=grace, granted_by=ada)
    assert client_for(grace).get(where).status_code == 200
    assert client_for(grace).get(where.replace(f"/{postmortem.incident_id}/", "/0/")).status_code == 404
