"""rag.settings: each value from a flag, the environment, rapporteur.toml or its default, in that order."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from rag.errors import SettingError
from rag.settings import FILE, PREFIX, Password, Settings, load_settings

# One value for each setting that is neither its default nor out of bounds, as written in the environment.
OTHER: dict[str, tuple[str, Any]] = {
    "reports": ("/r", Path("/r")),
    "index": ("/i", Path("/i")),
    "own": ("/o", Path("/o")),
    "cache": ("/c", Path("/c")),
    "embedder": ("/m", "/m"),
    "reranker": ("/rr", "/rr"),
    "nli": ("/n", "/n"),
    "llm": ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    "llm_model": ("qwen", "qwen"),
    "k": ("7", 7),
    "short": ("yes", True),
    "renderings": ("no", False),
    "llm_timeout": ("2.5", 2.5),
    "host": ("::1", "::1"),
    "port": ("8080", 8080),
    "shared_reports": ("yes", True),
    "password": ("s3cret", Password("s3cret")),
}


def other(setting: Any) -> tuple[str, Any]:
    return OTHER.get(setting.name) or (str(setting.default + 1), setting.default + 1)


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(setting: Any, tmp_path: Path) -> None:
    written, value = other(setting)
    environment = {PREFIX + setting.name.upper(): written}
    quoted = f'"{written}"' if not isinstance(value, (int, float)) or isinstance(value, bool) else written
    default, sources = load_settings({}, {}, tmp_path)
    assert sources[setting.name] == "default"
    assert getattr(default, setting.name) != value
    (tmp_path / FILE).write_text(f"{setting.name} = {quoted}\n", encoding="utf-8")
    for flags, variables, source in (({}, {}, FILE), ({}, environment, PREFIX + setting.name.upper())):
        settings, sources = load_settings(flags, variables, tmp_path)
        assert (getattr(settings, setting.name), sources[setting.name]) == (value, source)
    settings, sources = load_settings({setting.name: value}, {PREFIX + setting.name.upper(): "rubbish"}, tmp_path)
    assert (getattr(settings, setting.name), sources[setting.name]) == (value, "flag")
    others = {name: source for name, source in sources.items() if name != setting.name}
    assert set(others.values()) == {"default"}


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_says_its_unit_and_why_that_default(setting: Any) -> None:
    assert setting.metadata["unit"]
    assert len(setting.metadata["why"]) > 10
    least, most = setting.metadata["least"], setting.metadata["most"]
    assert (
        (least is None)
        == (most is None)
        == (not isinstance(setting.default, (int, float)) or isinstance(setting.default, bool))
    )
    assert least is None or least <= setting.default <= most


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("k", "0", "outside 1 to 1,000 hits"),
        ("k", "many", "'many' (RAPPORTEUR_K) is not hits"),
        ("k", "2.5", "is not hits"),
        ("port", "70000", "outside 1 to 65,535"),
        ("llm_timeout", "nan", "outside"),
        ("llm_timeout", "soon", "is not seconds"),
        ("renderings", "perhaps", "is not yes or no"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_source(
    name: str, written: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="RAPPORTEUR_") as problem:
        load_settings({}, {PREFIX + name.upper(): written}, tmp_path)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"k = ", "is not valid TOML"),
        (b"\xff\xfe", "is not valid TOML"),
        (b"colour = 1", "'colour', which is no setting. Settings are: reports, index"),
        (b"k = [1]", r"k = [1] (rapporteur.toml) is not hits"),
        (b"k = true", "is not hits"),
        (b"index = 5", "is not folder"),
        (b"llm = 5", "is not GGUF file, URL, auto or none"),
    ],
)
def test_a_settings_file_that_cannot_be_used_is_named(written: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(written)
    with pytest.raises(SettingError) as problem:
        load_settings({}, {}, tmp_path)
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("written", ["1", "true", "YES", "on"])
def test_yes_is_written_in_several_ways(written: str, tmp_path: Path) -> None:
    assert load_settings({}, {"RAPPORTEUR_RENDERINGS": written}, tmp_path)[0].renderings is True


def test_a_folder_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert load_settings({}, {"RAPPORTEUR_INDEX": "~/index"}, tmp_path)[0].index == Path("/somewhere/index")


def test_a_password_is_compared_and_never_shown(tmp_path: Path) -> None:
    settings, _ = load_settings({}, {PREFIX + "PASSWORD": "s3cret渡船"}, tmp_path)
    assert settings.password.matches("s3cret渡船")
    assert not settings.password.matches("s3cret")
    assert "s3cret" not in f"{settings} {settings.password}"
    assert not Password().matches("")
    (tmp_path / FILE).write_text("password = 1234\n", encoding="utf-8")
    with pytest.raises(SettingError) as refused:
        load_settings({}, {}, tmp_path)
    assert "1234" not in str(refused.value)
