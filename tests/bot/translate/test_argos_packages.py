"""Packages on disk and over the network: installed whole or not at all, listed, removed."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.translate.argos_index import download
from bot.translate.argos_models import prover
from bot.translate.argos_packages import PackageRefused, install_file, installed, packages_folder, remove
from retrieval.errors import UpstreamError
from tests.bot.translate.conftest import Packages


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def broken(folder: Path, files: dict[str, str]) -> Path:
    file = folder / "broken.argosmodel"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file


def test_install_list_remove_by_command(packages: Packages, tmp_path: Path) -> None:
    runner, data = CliRunner(), ["--data-dir", str(tmp_path)]
    files = [str(packages["es", "en"]), str(packages["en", "de"])]
    done = runner.invoke(app, [*data, "translate", "install", *files])
    assert done.exit_code == 0, done.output
    assert "es → en  version 0.1" in done.output
    listed = json.loads(runner.invoke(app, [*data, "translate", "list", "--json"]).output)
    assert [(each["from"], each["to"]) for each in listed["packages"]] == [("en", "de"), ("es", "en")]
    assert listed["through_english"] == [["es", "de"]]
    assert runner.invoke(app, [*data, "translate", "remove", "es", "en"]).exit_code == 0
    again = runner.invoke(app, [*data, "translate", "remove", "es", "en"])
    assert again.exit_code == 1
    assert "No package from es to en is installed." in again.output
    assert "en → de" in runner.invoke(app, [*data, "translate", "list"]).output


def test_a_package_is_replaced_by_another_for_its_pair(packages: Packages, tmp_path: Path) -> None:
    folder = packages_folder(tmp_path)
    for _ in range(2):
        install_file(packages["en", "es"], folder, proved=prover(tmp_path))
    assert [package.pair for package in installed(folder)] == [("en", "es")]
    assert [place.name for place in folder.iterdir()] == ["en_es"]
    assert remove("en", "es", folder)
    assert not installed(folder)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a/readme.txt": "x"}, "no metadata.json"),
        ({"a/metadata.json": "{}"}, "no metadata.json with two languages"),
        ({"a/metadata.json": "not json"}, "no metadata.json with two languages"),
        ({"../a/metadata.json": "{}"}, "it names"),
        ({"a/metadata.json": '{"from_code": "en", "to_code": "es"}'}, "does not translate"),
    ],
)
def test_what_is_no_package_leaves_nothing_behind(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    folder = packages_folder(tmp_path)
    with pytest.raises(PackageRefused, match=reason):
        install_file(broken(tmp_path, files), folder, proved=prover(tmp_path))
    assert list(folder.iterdir()) == []


def test_a_broken_model_is_refused_and_the_old_one_stays(packages: Packages, tmp_path: Path) -> None:
    folder = packages_folder(tmp_path)
    install_file(packages["en", "es"], folder, proved=prover(tmp_path))
    with zipfile.ZipFile(packages["en", "es"]) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    torn = tmp_path / "torn.argosmodel"
    with zipfile.ZipFile(torn, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content[:1000] if name.endswith("model.bin") else content)
    with pytest.raises(PackageRefused, match="does not translate"):
        install_file(torn, folder, proved=prover(tmp_path))
    prover(tmp_path)(installed(folder)[0].folder)


def test_no_zip_at_all(tmp_path: Path) -> None:
    file = tmp_path / "x.argosmodel"
    file.write_bytes(b"not a zip")
    with pytest.raises(PackageRefused, match="cannot be unpacked"):
        install_file(file, packages_folder(tmp_path), proved=prover(tmp_path))


def test_install_over_the_network(packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "p.argosmodel").write_bytes(packages["en", "es"].read_bytes())
    with serving(site) as url:
        entry = {
            "from_code": "en",
            "to_code": "es",
            "package_version": "1.9",
            "links": [f"{url}/gone", f"{url}/p.argosmodel"],
        }
        older = entry | {"package_version": "1.0", "links": [f"{url}/gone"]}
        (site / "index.json").write_text(json.dumps([older, entry, {"from_code": None, "type": "sbd"}]))
        told: list[int] = []
        file = download("en", "es", tmp_path, index_url=f"{url}/index.json", progress=lambda done, _: told.append(done))
        assert file.read_bytes() == packages["en", "es"].read_bytes()
        assert told[-1] == file.stat().st_size
        with pytest.raises(PackageRefused, match="no package from en to de"):
            download("en", "de", tmp_path, index_url=f"{url}/index.json", progress=lambda done, _: None)
        with pytest.raises(UpstreamError, match="cannot be read"):
            download("en", "es", tmp_path, index_url=f"{url}/nothing", progress=lambda done, _: None)
