"""`godwit serve` and `godwit keys` as programs: how they start, refuse to, end, and what they keep to themselves."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from godwit_server import GodwitServer, Key, godwit
from raw_requests import call
from worker import binary


def refused(*arguments: str | Path) -> str:
    """What `godwit serve` says that does not start for its arguments."""
    done = godwit("serve", *arguments)
    assert done.returncode == 2, done.stderr
    return done.stderr


# --- keys ---


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    at = ("--data-dir", tmp_path / "data")
    made = json.loads(godwit("keys", "create", *at, "--role", "viewer", "--name", "dash", "--output", "json").stdout)
    assert re.fullmatch(r"GKIA[A-Z2-7]{16}", made["AccessKeyId"])
    assert len(made["SecretAccessKey"]) == 40
    shown = godwit("keys", "create", *at)
    assert re.search(r"^aws_access_key_id = GKIA\w{16}$", shown.stdout, re.MULTILINE)
    listed = godwit("keys", "list", *at)
    assert re.search(rf"^{made['AccessKeyId']}  viewer    Active   \S+Z  never +dash$", listed.stdout, re.MULTILINE)
    assert made["SecretAccessKey"] not in listed.stdout
    assert godwit("keys", "revoke", made["AccessKeyId"], *at).returncode == 0
    again = godwit("keys", "revoke", made["AccessKeyId"], *at)
    assert again.returncode == 2 and "revoked before" in again.stderr
    rows = json.loads(godwit("keys", "list", *at, "--output", "json").stdout)
    assert [(row["Role"], row["Status"]) for row in rows] == [("viewer", "Revoked"), ("operator", "Active")]


def test_bad_names_and_roles_are_usage_errors(tmp_path: Path) -> None:
    at = ("--data-dir", tmp_path / "data")
    for arguments in (["--name", "a b"], ["--name", "x" * 65], ["--role", "root"]):
        assert godwit("keys", "create", *at, *arguments).returncode == 2
    assert json.loads(godwit("keys", "list", *at, "--output", "json").stdout) == []


def test_a_key_is_good_while_the_server_runs_and_after_it_was_killed(own_server: GodwitServer) -> None:
    own_server.start()
    key = own_server.new_key("admin", "ada")
    assert call(own_server, "DescribeRecommendations", key=key).status == 200
    own_server.kill()
    own_server.start()
    assert own_server.client("sts", key=key).get_caller_identity()["Arn"].endswith(":user/ada")
    rows = json.loads(godwit("keys", "list", "--data-dir", own_server.data, "--output", "json").stdout)
    assert {row["Name"]: "LastUsedDate" in row for row in rows} == {"admin": False, "ada": True}


def test_secrets_are_nowhere_in_clear(own_server: GodwitServer) -> None:
    own_server.start()
    key = own_server.new_key()
    assert call(own_server, "DescribeRecommendations", key=key).status == 200
    call(own_server, "DescribeRecommendations", key=Key(key.id, "y" * 40, "admin"))
    files = [path for path in own_server.folder.rglob("*") if path.is_file()]
    assert {"godwit.db", "master.key", "server.log", "stderr"} <= {path.name for path in files}
    assert not [path for path in files if key.secret.encode() in path.read_bytes()]
    for path in own_server.data.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(own_server.data.stat().st_mode) == 0o700


# --- the first start ---


def on_a_terminal(*arguments: str | Path, until: str, timeout_s: float = 20) -> str:
    """What `godwit serve` shows on a terminal until these words; it is stopped then."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [binary(), "serve", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    shown, deadline = "", time.monotonic() + timeout_s
    while until not in shown and time.monotonic() < deadline:
        if select.select([mine], [], [], 0.2)[0]:
            try:
                shown += os.read(mine, 4096).decode()
            except OSError:
                break  # it ended
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    os.close(mine)
    return shown


def test_the_first_start_shows_a_key_on_the_terminal_once(own_server: GodwitServer) -> None:
    arguments = ("--data-dir", own_server.data, "--listen", "127.0.0.1:0")
    shown = on_a_terminal(*arguments, until="listening on")
    found = re.search(r"aws_access_key_id = (\S+)\s+aws_secret_access_key = (\S+)", shown)
    assert found, shown
    key = Key(found[1], found[2], "admin")
    assert "aws_secret" not in on_a_terminal(*arguments, until="listening on")
    own_server.start()
    assert call(own_server, "DescribeRecommendations", key=key).status == 200
    assert key.secret not in own_server.log()


def test_a_pipe_gets_the_first_key_too(own_server: GodwitServer) -> None:
    own_server.start()
    found = re.search(r"aws_access_key_id = (\S+)\s+aws_secret_access_key = (\S+)", own_server.said())
    assert found, own_server.said()
    assert call(own_server, "DescribeRecommendations", key=Key(found[1], found[2], "admin")).status == 200
    assert found[2] not in own_server.log()
    own_server.stop()
    own_server.start()
    assert own_server.said().count("aws_secret_access_key") == 1


def test_a_journal_gets_no_key_but_how_one_is_made(own_server: GodwitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "9:12345")
    own_server.start()
    assert "godwit keys create --role admin --data-dir" in own_server.log()
    assert "aws_secret" not in own_server.said()
    assert json.loads(godwit("keys", "list", "--data-dir", own_server.data, "--output", "json").stdout) == []


def test_account_and_region_stay(own_server: GodwitServer) -> None:
    own_server.start("--region", "eu-west-1", "--account", "210987654321")
    assert own_server.client("sts").get_caller_identity()["Account"] == "210987654321"
    own_server.stop()
    own_server.start()
    assert own_server.client("sts").get_caller_identity()["Account"] == "210987654321"
    assert "region eu-west-1" in own_server.log()
    own_server.stop()
    said = refused("--data-dir", own_server.data, "--listen", "127.0.0.1:0", "--region", "us-east-1")
    assert "region is eu-west-1" in said
    assert "12 digits" in refused("--data-dir", own_server.folder / "other", "--account", "12345")


# --- refusals ---


def test_without_authentication_it_listens_on_loopback_alone(own_server: GodwitServer) -> None:
    for listen in ("0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"):
        said = refused("--data-dir", own_server.data, "--auth", "none", "--allow-plain", "--listen", listen)
        assert "loopback" in said
    assert not own_server.data.exists()
    own_server.start("--auth", "none")
    from raw_requests import request

    assert request(own_server, "DescribeRecommendations").send().status == 200


def test_plain_http_beyond_loopback_is_refused_unless_told(own_server: GodwitServer) -> None:
    done = godwit("serve", "--data-dir", own_server.data, "--listen", "0.0.0.0:0")
    assert done.returncode != 0 and "--allow-plain" in done.stderr


@pytest.mark.parametrize("listen", ["", "nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "1.2.3.4:x"])
def test_a_listen_address_that_is_none_is_told(tmp_path: Path, listen: str) -> None:
    assert "HOST:PORT" in refused("--data-dir", tmp_path / "data", "--listen", listen)


def test_a_second_server_on_the_folder_is_refused(own_server: GodwitServer) -> None:
    own_server.start()
    done = godwit("serve", "--data-dir", own_server.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 2 and "another godwit serve is at work in it" in done.stderr
    assert own_server.process.running()


def test_a_port_that_is_taken_is_told(own_server: GodwitServer, tmp_path: Path) -> None:
    own_server.start()
    port = own_server.url.rsplit(":", 1)[1]
    done = godwit("serve", "--data-dir", tmp_path / "other", "--listen", f"127.0.0.1:{port}")
    assert done.returncode != 0 and port in done.stderr


def test_other_bad_arguments_are_told(tmp_path: Path) -> None:
    at = ("--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")
    assert "--secret-dir" in refused(*at, "--secret-dir", tmp_path / "none")
    assert "sqlite:" in refused(*at, "--store", "postgresql://localhost/x")
    assert "--tls" in godwit("serve", *at, "--tls-cert", tmp_path / "none.pem").stderr
    assert godwit("serve", *at, "--auth", "some").returncode == 2
    (tmp_path / "file").write_text("")
    assert "cannot be used" in refused("--data-dir", tmp_path / "file", "--listen", "127.0.0.1:0")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert "chmod 700" in refused("--data-dir", tmp_path / "open", "--listen", "127.0.0.1:0")


def test_a_lost_or_foreign_master_key_is_noticed_at_the_start(own_server: GodwitServer) -> None:
    own_server.start()
    own_server.key()
    own_server.stop()
    key_file = own_server.data / "master.key"
    kept = key_file.read_bytes()
    key_file.unlink()
    done = godwit("serve", "--data-dir", own_server.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "master key" in done.stderr
    assert not key_file.exists()
    key_file.write_bytes(bytes(32))
    key_file.chmod(0o600)
    done = godwit("serve", "--data-dir", own_server.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "master key" in done.stderr
    key_file.write_bytes(kept)
    own_server.start()
    assert call(own_server, "DescribeRecommendations").status == 200


# --- the process ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(own_server: GodwitServer, number: signal.Signals) -> None:
    own_server.start()
    assert call(own_server, "DescribeRecommendations").status == 200
    own_server.process.send(number)
    assert own_server.process.wait(20).code == 0
    assert number.name in own_server.log()


def test_it_leaves_no_core_and_lets_nobody_look_into_its_memory(own_server: GodwitServer) -> None:
    own_server.start()
    key = own_server.key()
    limits = Path(f"/proc/{own_server.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    seen = Path(f"/proc/{own_server.process.pid}/cmdline").read_bytes()
    assert key.secret.encode() not in seen


def test_it_speaks_tls(own_server: GodwitServer, tmp_path: Path) -> None:
    certificate, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", private, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    own_server.start("--tls-cert", str(certificate), "--tls-key", str(private))
    assert own_server.url.startswith("https://")
    import boto3

    key = own_server.key()
    client: Any = boto3.client(
        "sts", endpoint_url=own_server.url, region_name="us-east-1", aws_access_key_id=key.id,
        aws_secret_access_key=key.secret, verify=str(certificate),
    )  # fmt: skip
    assert client.get_caller_identity()["UserId"] == key.id
    with pytest.raises(botocore.exceptions.SSLError):
        boto3.client(
            "sts", endpoint_url=own_server.url, region_name="us-east-1", aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
        ).get_caller_identity()  # fmt: skip


def test_the_aws_cli_is_answered(server: GodwitServer) -> None:
    environment = {**os.environ, **server.environment()}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        ["/usr/bin/aws", "--endpoint-url", server.url, "sts", "get-caller-identity", "--output", "json"],
        capture_output=True, text=True, env=environment, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["UserId"] == server.key().id
