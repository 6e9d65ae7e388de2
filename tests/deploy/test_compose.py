"""docker-compose.yml against the specification, and against what docs/deploy.md promises of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib

import compose_spec
import pytest
import yaml

from tests.deploy.compose import FILE, ROOT, Service, defaults, flag, interpolated, services

OVERRIDE = ROOT / "deploy" / "grafana-port.yml"
EXAMPLE = ROOT / "deploy" / "env.example"


def parse(text: str) -> compose_spec.PyCompose:
    """The specification's own types; a key or value that it does not know is a ValueError."""
    merged = yaml.safe_dump(yaml.safe_load(text))
    return compose_spec.PyCompose.from_yaml(merged)


def each_service(function):
    return pytest.mark.parametrize("service", services().values(), ids=services().keys())(function)


def test_the_file_keeps_to_the_specification() -> None:
    parse(interpolated({})).validate()
    parse(OVERRIDE.read_text())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("read_only: true", "readonly: true"),
        ("condition: service_healthy", "condition: healthy"),
        ("limits:", "limit:"),
    ],
)
def test_what_the_specification_does_not_know_is_noticed(right: str, wrong: str) -> None:
    text = interpolated({})
    assert right in text
    with pytest.raises(ValueError, match=r"extension key|unknown variant"):
        parse(text.replace(right, wrong))


@pytest.mark.parametrize("profiles", [(), ("gpu",), ("monitoring",), ("gpu", "monitoring")])
def test_docker_compose_itself_reads_it(profiles: tuple[str, ...]) -> None:
    command = next((found for found in (["docker", "compose"], ["docker-compose"]) if _runs(found)), None)
    if command is None:
        pytest.skip("docker compose is not on this machine, so its own reading of the file was not tried")
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    result = subprocess.run(
        [*command, "-f", FILE, "-f", OVERRIDE, *chosen, "config"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    expected = {
        name for name, each in services().items() if not each.get("profiles") or profiles_of(each) & {*profiles}
    }
    assert yaml.safe_load(result.stdout)["services"].keys() == expected


def _runs(command: list[str]) -> bool:
    return bool(shutil.which(command[0])) and not subprocess.run([*command, "version"], capture_output=True).returncode


def profiles_of(service: Service) -> set[str]:
    return set(service.get("profiles", ()))


def test_the_desk_stands_alone_unless_a_profile_is_asked_for() -> None:
    profiles = {name: profiles_of(service) for name, service in services().items()}
    assert profiles == {
        "desk": set(),
        "reranker": {"gpu"},
        "llm": {"gpu"},
        "prometheus": {"monitoring"},
        "grafana": {"monitoring"},
    }
    assert "depends_on" not in services()["desk"]


def test_only_the_desk_is_published_and_only_to_this_machine() -> None:
    assert {name for name, service in services().items() if "ports" in service} == {"desk"}
    assert services()["desk"]["ports"] == ["127.0.0.1:8080:8080"]
    assert not any("network_mode" in service or "expose" in service for service in services().values())
    opened = yaml.safe_load(OVERRIDE.read_text())["services"]
    assert opened == {"grafana": {"networks": ["monitoring", "operator"], "ports": ["127.0.0.1:3000:3000"]}}


def test_no_service_reaches_further_than_it_must() -> None:
    networks = {name: set(service["networks"]) for name, service in services().items()}
    assert networks == {
        "desk": {"front", "engines", "monitoring"},
        "reranker": {"engines"},
        "llm": {"engines"},
        "prometheus": {"monitoring", "engines"},
        "grafana": {"monitoring"},
    }
    assert yaml.safe_load(FILE.read_text())["networks"]["monitoring"] == {"internal": True}


@each_service
def test_a_service_has_no_rights_it_does_not_need(service: Service) -> None:
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert group.isdecimal()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert not {"privileged", "cap_add", "pid", "ipc", "userns_mode", "devices"} & service.keys()
    assert not any("docker.sock" in volume for volume in service["volumes"])


@each_service
def test_a_service_cannot_fill_the_machine(service: Service) -> None:
    limits = service["deploy"]["resources"]["limits"]
    assert re.fullmatch(r"\d+[gm]", limits["memory"])
    assert limits["pids"] <= 4096
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert all("size=" in mount for mount in service.get("tmpfs", ()))


@each_service
def test_what_a_service_writes_lies_on_a_volume_of_its_own(service: Service) -> None:
    volumes = yaml.safe_load(FILE.read_text())["volumes"]
    written = [volume.split(":") for volume in service["volumes"] if not volume.endswith(":ro")]
    assert len(written) == 1
    assert written[0][0] in volumes
    others = [each for each in services().values() if each is not service]
    assert not any(volume.startswith(f"{written[0][0]}:") for each in others for volume in each["volumes"])


@each_service
def test_what_is_mounted_exists(service: Service) -> None:
    sources = [volume.split(":")[0] for volume in service["volumes"] if volume.endswith(":ro")]
    for source in sources:
        assert (ROOT / source).exists()


@each_service
def test_an_image_is_pinned_to_a_version(service: Service) -> None:
    name, _, tag = service["image"].partition(":")
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag), name
    assert name.startswith("polydesk") == ("build" in service)


def test_images_made_here_carry_the_version_of_what_is_in_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert services()["desk"]["image"] == f"polydesk:{project['version']}"
    base = (ROOT / "deploy" / "vllm" / "Dockerfile").read_text()
    for name in ("reranker", "llm"):
        tag = services()[name]["image"].removeprefix("polydesk-vllm:")
        assert f"FROM vllm/vllm-openai:v{tag}\n" in base


@pytest.mark.parametrize("name", ["reranker", "llm", "prometheus", "grafana"])
def test_every_other_service_says_how_it_is(name: str) -> None:
    check = services()[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()


def test_both_models_fit_one_card() -> None:
    reranker, llm = services()["reranker"], services()["llm"]
    shares = [float(flag(each, "gpu-memory-utilization")) for each in (reranker, llm)]
    # The rest is the driver's, and what either allocates beside vLLM's accounts.
    assert sum(shares) <= 0.92
    cards = [each["deploy"]["resources"]["reservations"]["devices"] for each in (reranker, llm)]
    assert cards[0] == cards[1] == [{"driver": "nvidia", "device_ids": ["0"], "capabilities": ["gpu"]}]
    # The second measures what the first has left, so it must not start beside it.
    assert llm["depends_on"] == {"reranker": {"condition": "service_healthy"}}


def test_a_variable_has_one_default_and_stands_in_the_example() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    profiles = example.pop("COMPOSE_PROFILES")
    assert set(profiles.split(",")) == {"gpu", "monitoring"}
    found = defaults()
    assert all(len(values) == 1 for values in found.values()), found
    expected = {name: value for name, (value,) in found.items()}
    assert example.pop("POLYDESK_CONFIG") == "./deploy/config.gpu.yaml"
    assert expected.pop("POLYDESK_CONFIG") == "./deploy/config.yaml"
    assert example == expected


def test_the_documentation_names_what_exists() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:POLYDESK|VLLM|HF|COMPOSE)_[A-Z_]+\b", text))
    known = set(re.findall(r"^(\w+)=", EXAMPLE.read_text(), re.MULTILINE)) | {"POLYDESK_DATA_DIR"}
    assert named <= known, named - known
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link
    anchors = {
        re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
