"""The settings an operator can make: what is refused, and that the documentation says what the code does."""

import contextlib
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import get_finder
from django.core.management import CommandError

from config import environment, postgres, prepare, scripts
from config.environment import BASE_DIR, ConfigurationError, Environment

KEY = "k" * 50


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Environment:
    for name in environment.variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return environment.read()


def test_an_unknown_variable_is_refused_with_the_name_that_was_meant(monkeypatch):
    with pytest.raises(
        ConfigurationError, match=r"ALLCLEAR_ORGANIZATION .*did you mean ALLCLEAR_ORGANISATION\?"
    ):
        read(monkeypatch, ALLCLEAR_ORGANIZATION="Quayside")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("ALLCLEAR_HTTPS", "perhaps"),
        ("ALLCLEAR_TRUSTED_PROXIES", "-1"),
        ("ALLCLEAR_TRUSTED_PROXIES", "1.5"),
        ("ALLCLEAR_SITE_URL", "incidents.internal"),
        ("ALLCLEAR_SITE_URL", "https://example.com/incidents"),
        ("ALLCLEAR_SECRET_KEY", "short"),
        ("ALLCLEAR_ORGANISATION", "x" * 61),
        ("ALLCLEAR_EMAIL_URL", "mail.internal"),
        ("ALLCLEAR_EMAIL_FROM", "nobody"),
        ("ALLCLEAR_METRICS_TOKEN", "short"),
        ("DATABASE_URL", "mysql://root@localhost/allclear"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("DATABASE_URL", "postgresql://localhost/allclear?nonsense=1"),
        ("REDIS_URL", "localhost:6379"),
    ],
)
def test_a_malformed_value_is_refused_by_name_and_is_not_repeated(monkeypatch, name, value):
    with pytest.raises(ConfigurationError, match=f"^{name} cannot be used: ") as refusal:
        read(monkeypatch, **{name: value})
    assert value not in str(refusal.value) or len(value) < 6


def test_every_problem_is_said_at_once(monkeypatch):
    with pytest.raises(ConfigurationError) as refusal:
        read(monkeypatch, PORT="x", ALLCLEAR_HTTPS="x", ALLCLEAR_NONSENSE="x")
    assert len(str(refusal.value).splitlines()) == 3


def test_https_needs_the_proxy_that_ends_it(monkeypatch):
    with pytest.raises(ConfigurationError, match="ALLCLEAR_HTTPS needs ALLCLEAR_TRUSTED_PROXIES"):
        read(monkeypatch, ALLCLEAR_HTTPS="1")
    assert read(monkeypatch, ALLCLEAR_HTTPS="1", ALLCLEAR_TRUSTED_PROXIES="1").https


def test_an_empty_variable_counts_as_unset(monkeypatch):
    assert read(monkeypatch, REDIS_URL="", PORT="").port == 8000


def test_a_password_in_an_address_is_not_shown(monkeypatch):
    found = read(monkeypatch, DATABASE_URL="postgresql://ada:swordfish@db/allclear", ALLCLEAR_SECRET_KEY=KEY)
    assert "swordfish" not in repr(found)
    assert KEY not in repr(found)


def test_no_key_no_start_outside_make_run(monkeypatch, tmp_path):
    with pytest.raises(ConfigurationError, match="ALLCLEAR_SECRET_KEY is not set"):
        _ = read(monkeypatch, ALLCLEAR_HOME=str(tmp_path)).key


def test_the_key_is_made_once_and_for_our_eyes_only(monkeypatch, tmp_path):
    found = read(monkeypatch, ALLCLEAR_HOME=str(tmp_path / "new"))
    environment.keep_key(found)
    first = found.key
    environment.keep_key(found)
    assert found.key == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600


def test_the_site_and_the_hosts_named_are_answered_to(monkeypatch):
    found = read(
        monkeypatch,
        ALLCLEAR_SITE_URL="https://incidents.example.com/",
        ALLCLEAR_ALLOWED_HOSTS="a.example, b.example",
    )
    assert found.address == "https://incidents.example.com"
    assert {"incidents.example.com", "a.example", "b.example", "localhost"} <= set(found.hosts)


def test_manage_py_says_what_is_wrong_in_a_sentence(tmp_path):
    command = [sys.executable, str(BASE_DIR / "manage.py"), "check"]
    variables = {"PATH": "/usr/bin:/bin", "ALLCLEAR_HOME": str(tmp_path), "ALLCLEAR_HTTP": "1"}
    result = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert result.returncode != 0
    assert result.stderr.startswith(
        "ALLCLEAR_HTTP is not a setting of Allclear (did you mean ALLCLEAR_HTTPS?)"
    )
    assert "Traceback" not in result.stderr


def documented() -> dict[str, str]:
    text = (BASE_DIR / "docs/configuration.md").read_text()
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*?) \|", text, re.MULTILINE))


def test_the_documentation_lists_every_setting_and_no_other():
    assert documented().keys() == environment.variables().keys()


def test_the_documentation_gives_the_defaults():
    for name, field in environment.variables().items():
        default = field.default
        if default in (None, "", ()):
            assert not documented()[name].startswith("`"), name
        elif isinstance(default, Path):
            assert documented()[name] == f"`{default.relative_to(BASE_DIR)}`"
        else:
            said = {True: "1", False: "0"}.get(default, default) if isinstance(default, bool) else default
            assert documented()[name] == f"`{said}`"


def test_the_layers_name_every_app_of_ours():
    import tomllib

    contract = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][
        0
    ]
    ours = {app for app in settings.INSTALLED_APPS if (BASE_DIR / app).is_dir()}
    assert {app.strip() for layer in contract["layers"] for app in layer.split("|")} == ours


def test_the_locks_name_no_index_and_no_folder():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (BASE_DIR / lock).read_text()
        assert not re.search(r"https?://|file:|--index|--find-links|@ /", text)
        assert text.count("--hash=sha256:") > text.count("==")


def test_a_command_that_is_refused_says_why_in_one_line(monkeypatch, tmp_path):
    def refuse(*command: str) -> None:
        raise CommandError("This database holds real incidents.")

    monkeypatch.setenv("ALLCLEAR_HOME", str(tmp_path))
    monkeypatch.setattr(prepare, "prepare", lambda: None)
    monkeypatch.setattr(prepare, "call_command", refuse)
    monkeypatch.setattr(postgres.Cluster, "running", lambda self: contextlib.nullcontext())
    with pytest.raises(SystemExit, match=r"^This database holds real incidents\.$"):
        prepare.main(["demo"])


def test_static_files_are_gathered_anew_only_when_one_has_changed(monkeypatch, settings, tmp_path):
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    root.mkdir()
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [*settings.STATICFILES_DIRS, source], root
    get_finder.cache_clear()  # type: ignore[attr-defined]
    gathered: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: gathered.append(name))
    (source / "a.css").write_text("a {}")
    prepare.collect_static()
    prepare.collect_static()
    assert gathered == ["collectstatic"]
    (source / "a.css").write_text("a { color: red }")
    prepare.collect_static()
    assert gathered == ["collectstatic"] * 2
    get_finder.cache_clear()  # type: ignore[attr-defined]


def test_the_scripts_of_every_page_are_one_file_made_anew_when_a_part_changes(
    monkeypatch, settings, tmp_path
):
    settings.STATIC_ROOT = tmp_path / "static"
    part = tmp_path / "part.js"
    part.write_text("first()")
    monkeypatch.setattr(finders, "find", lambda name: part)
    made = scripts.TogetherFinder().find(scripts.NAME)
    assert Path(made).read_text().count("first()") == len(scripts.SCRIPTS)
    part.write_text("second()")
    assert [name for name, _ in scripts.TogetherFinder().list([])] == [scripts.NAME]
    assert "first()" not in Path(made).read_text()
    assert scripts.TogetherFinder().find("other.js") == []
