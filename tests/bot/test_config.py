"""Settings: the file and the model agree, variables are filled in, and a mistake is named with key and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Settings
from bot.config_file import load_settings, read_settings
from retrieval.errors import ConfigurationError

SHIPPED = Path(__file__).parent.parent.parent / "config.yaml"


def written(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def fault(folder: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(folder, text), environment)
    return str(caught.value).removeprefix(f"{folder}/")


def test_shipped_file_lists_every_setting_with_its_default() -> None:
    assert yaml.safe_load(SHIPPED.read_text(encoding="utf-8")) == Settings().model_dump(mode="json")


def test_every_setting_of_the_shipped_file_has_a_comment() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line and not line.lstrip().startswith("#") and not line.endswith(":"):
            above = lines[max(0, number - 3) : number]
            assert any(each.lstrip().startswith("#") for each in above), line


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.data_dir == tmp_path / "data"
    assert settings.knowledge.roots == (tmp_path / "knowledge",)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "data_dir: state\nknowledge: {roots: [help, /srv/faq]}\n"))
    assert settings.data_dir == tmp_path / "state"
    assert settings.knowledge.roots == (tmp_path / "help", Path("/srv/faq"))


def test_flag_goes_before_environment_before_file(tmp_path: Path) -> None:
    file = written(tmp_path, "data_dir: from-file\n")
    environment = {"POLYDESK_DATA_DIR": "/from-environment"}
    assert load_settings(file).data_dir == tmp_path / "from-file"
    assert load_settings(file, environment).data_dir == Path("/from-environment")
    assert load_settings(file, environment, Path("/from-flag")).data_dir == Path("/from-flag")


def test_variables_are_filled_in(tmp_path: Path) -> None:
    text = 'server: {port: "${PORT:-9000}", host: "${HOST}"}\nencoder: {model: "a$$b"}\ncache:\n  size: ${SIZE:-7}\n'
    settings = load_settings(written(tmp_path, text), {"HOST": "0.0.0.0", "SIZE": ""})
    assert (settings.server.port, settings.server.host) == (9000, "0.0.0.0")
    assert settings.encoder.model == "a$b"
    assert settings.cache.size == 7


def test_an_emptied_setting_means_its_default(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "search:\nserver:\n  port:\n")).server.port == Settings().server.port
    assert load_settings(written(tmp_path, "")).search == Settings().search


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("search: {}\nserver:\n  prot: 1\n", "config.yaml:3: there is no setting `server.prot`. Did you mean `port`?"),
        ("sarch: {}\n", "config.yaml:1: there is no setting `sarch`. Did you mean `search`?"),
        ("server:\n  port: 70000\n", "config.yaml:2: `server.port` is wrong: input should be less than"),
        ("search:\n  recall: many\n", "config.yaml:2: `search.recall` is wrong: input should be a valid integer"),
        ("data_dir: a\ndata_dir: b\n", "config.yaml:2: `data_dir` is set twice."),
        ("server: {host: ${HOST}}\n", "config.yaml:1: this is not valid YAML"),
        ('server:\n  host: "${HOST}"\n', "config.yaml:2: `server.host` needs the environment variable HOST"),
        ("server: [1\n", "config.yaml:2: this is not valid YAML"),
        ("just words\n", "config.yaml:1: the file must hold settings"),
        ("knowledge: {roots: []}\n", "config.yaml:1: `knowledge.roots` is wrong"),
        (
            "widget:\n  desks:\n    shop:\n      origins:\n      - https://shop.example/de\n",
            "config.yaml:5: `widget.desks.shop.origins.0` is wrong: https://shop.example/de goes on after the host",
        ),
        ("widget: {desks: {shop: {nmae: a}}}\n", "config.yaml:1: there is no setting `widget.desks.shop.nmae`."),
        ("widget: {desks: {'a b': {}}}\n", "config.yaml:1: `widget.desks.a b.[key]` is wrong"),
        ("widget: {desks: {a: {email: nobody}}}\n", "config.yaml:1: `widget.desks.a.email` is wrong"),
        (
            "widget: {desks: {a: {identity: {secret: short}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: the secret is shorter than 32 bytes.",
        ),
        (
            "widget: {desks: {a: {identity: {required: true}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: it is required, and there is neither a secret nor",
        ),
        (
            "widget: {desks: {a: {identity: {public_key: x}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: with HS256 goes a secret;",
        ),
        (
            "widget: {desks: {a: {identity: {public_key: x, algorithm: RS256}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: what it holds is no public_key in PEM for RS256.",
        ),
        (
            "widget: {desks: {a: {identity: {public_key: x, algorithm: ES256}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: what it holds is no public_key in PEM for ES256.",
        ),
        (
            "widget: {desks: {a: {identity: {secret: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ}}}}\n",
            "config.yaml:1: `widget.desks.a.identity` is wrong: what it holds is no secret for HS256.",
        ),
        ("widget: {desks: {a: {identity: {algorithm: none}}}}\n", "config.yaml:1: `widget.desks.a.identity.algorithm`"),
        (
            "server: {public_url: 'https://me@help.example'}\n",
            "config.yaml:1: `server.public_url` is wrong: https://me@help.example holds a user name",
        ),
        ("widget: {limits: {desk_per_day: 0}}\n", "config.yaml:1: `widget.limits.desk_per_day` is wrong"),
        (
            "server: {trusted_proxies: [proxy.example]}\n",
            "config.yaml:1: `server.trusted_proxies.0` is wrong: proxy.example is neither an address nor a network",
        ),
        ("languages:\n  configured:\n  - en\n  - English!\n", "config.yaml:4: `languages.configured.1` is wrong"),
    ],
)
def test_a_mistake_is_named_with_key_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    assert fault(tmp_path, text).startswith(sentence)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no configuration file"):
        load_settings(tmp_path / "missing.yaml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xff\xfe\x00data_dir")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_settings(file, {})


def test_fingerprint_follows_what_changes_answers_and_nothing_else() -> None:
    def changed(**sections: Any) -> str:
        return Settings.model_validate(sections).answer_fingerprint()

    same = Settings().answer_fingerprint()
    assert changed(server={"port": 1}, logging={"level": "debug"}) == same
    assert changed(search={"recall": 40}) != same
    assert changed(answer={"threshold": 0.1}) != same


def test_a_desk_of_the_widget_is_read_whole(tmp_path: Path) -> None:
    text = """
server: {trusted_proxies: [10.0.0.0/8, "::1"]}
widget:
  desks:
    shop:
      origins: ["https://SHOP.example:443", "http://localhost:3000"]
      suggestions: {de: [" Wie lange? "]}
      identity: {secret: "${SECRET}", required: true}
"""
    settings = load_settings(written(tmp_path, text), {"SECRET": "s" * 32})
    assert list(settings.widget.desks) == ["shop"]
    desk = settings.widget.desks["shop"]
    assert desk.origins == ("https://shop.example", "http://localhost:3000")
    assert desk.suggestions == {"de": ("Wie lange?",)}
    assert desk.identity.key == "s" * 32
    assert "sss" not in repr(settings)
    assert settings.server.trusted_proxies == ("10.0.0.0/8", "::1")
