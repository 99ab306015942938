"""What a package brings besides the program: its files, completion, manual page, unit, and the system user's scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from worker import binary

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"migrate", "check", "serve", "keys", "run", "drop"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Debian package, unpacked, its control files in DEBIAN/."""
    build = binary().parent
    if not (build / "CPackConfig.cmake").exists():
        pytest.skip("the binary does not lie in a build folder")
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "--config", build / "CPackConfig.cmake", "-B", folder], check=True, capture_output=True)
    (made,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "--raw-extract", made, folder / "root"], check=True)
    return folder / "root"


def test_it_holds_program_unit_options_completion_and_manual_page(package: Path) -> None:
    for path in (
        "usr/bin/godwit", "lib/systemd/system/godwit.service", "etc/default/godwit",
        "usr/share/bash-completion/completions/godwit", "usr/share/doc/godwit/README.md",
    ):  # fmt: skip
        assert (package / path).is_file() or (package / "usr" / path).is_file(), path
    assert list(package.glob("usr/share/man/man1/godwit.1*"))
    done = subprocess.run([package / "usr/bin/godwit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("godwit ")


def test_it_names_what_it_needs_and_keeps_the_options_file(package: Path) -> None:
    control = (package / "DEBIAN/control").read_text()
    needs = re.search(r"^Depends: (.*)$", control, re.MULTILINE)
    assert needs and {"adduser", "libpq5", "libsqlite3-0", "libmariadb3"} <= set(re.findall(r"[a-z][\w.+-]*", needs[1]))
    assert (package / "DEBIAN/conffiles").read_text().split() == ["/etc/default/godwit"]


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_its_scripts_are_sound_shell(package: Path, script: str) -> None:
    path = package / "DEBIAN" / script
    assert path.stat().st_mode & 0o777 == 0o755
    subprocess.run(["sh", "-n", path], check=True)


def test_its_unit_is_one_that_systemd_takes(package: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there")
    (found,) = package.rglob("godwit.service")
    unit = tmp_path / "godwit.service"
    unit.write_text(found.read_text().replace("/usr/bin/godwit", "/bin/true").replace("User=godwit", "User=root")
                    .replace("Group=godwit", "Group=root"))  # fmt: skip
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert "godwit.service" not in done.stderr, done.stderr


def test_the_manual_page_has_a_section_for_each_command(package: Path) -> None:
    done = subprocess.run(
        ["/usr/bin/python3", ROOT / "packaging/manual_page.py", binary()], capture_output=True, text=True, check=True
    )
    assert {section.lower() for section in re.findall(r"^\.SH GODWIT (\w+)", done.stdout, re.MULTILINE)} == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_help_with_an_example(command: str) -> None:
    done = subprocess.run([binary(), command, "--help"], capture_output=True, text=True, check=True)
    shown = done.stdout
    if command == "keys":
        shown = subprocess.run([binary(), "keys", "create", "--help"], capture_output=True, text=True, check=True).stdout
    assert "Example" in shown


@pytest.mark.parametrize(
    "line, word, offered",
    [
        ("godwit", "mi", "migrate"),
        ("godwit serve", "--lis", "--listen"),
        ("godwit keys", "rev", "revoke"),
        ("godwit keys create", "--ro", "--role"),
        ("godwit keys create --role", "view", "viewer"),
        ("godwit migrate --type", "full-load-", "full-load-and-cdc"),
    ],
)
def test_bash_completes(line: str, word: str, offered: str) -> None:
    script = (
        f"PATH={binary().parent}:$PATH; source {ROOT}/packaging/godwit.bash; "
        f"COMP_WORDS=({line} {word}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _godwit; echo \"${{COMPREPLY[*]}}\""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert offered in done.stdout.split(), done
