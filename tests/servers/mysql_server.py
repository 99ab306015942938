"""A MariaDB or MySQL server that lives in a throwaway folder, on a free port, under an unprivileged user.

`mariadb` is Debian's; `mysql8` and `mysql57` come from Maven Central into the cache folder (./dev setup brings all).
Its interface is PostgresServer's, a database being a database of the server.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any, Mapping

import MySQLdb
import MySQLdb.connections

from processes import wait_until
from server_life import ServerLife
from workplace import cache_folder, own, run_as_user

VERSIONS = ("mariadb", "mysql8", "mysql57")
PASSWORD_USER = "godwit_password"  # must give its password, checked by mysql_native_password; root has none
SHA2_USER = "godwit_sha2"  # the same with caching_sha2_password, where the server knows that
PASSWORD = "right horse"

SETTINGS = {
    "bind_address": "127.0.0.1",
    "skip_name_resolve": "ON",
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "character_set_server": "utf8mb4",
    "default_time_zone": "+00:00",
    "local_infile": "ON",
    "max_connections": "200",
    "max_allowed_packet": "1G",
    "innodb_buffer_pool_size": "128M",
    "innodb_use_native_aio": "OFF",  # many servers together would need more of it than the kernel grants
}
DURABLE = {"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1"}
# As fast as can be; what is committed outlives the process, if not the machine.
CARELESS = {"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0", "innodb_doublewrite": "OFF"}
GTIDS = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON"}
OF_VERSION = {
    "mariadb": {"binlog_row_metadata": "FULL"},
    "mysql8": {**GTIDS, "binlog_row_metadata": "FULL", "mysqlx": "OFF"},
    "mysql57": {**GTIDS, "innodb_log_file_size": "512M"},  # a tenth of it must hold a large value
}
GTID_DOMAINS = {"source": "1", "target": "2"}
SYSTEM_DATABASES = ("information_schema", "mysql", "performance_schema", "sys")


def is_mysql(version: str) -> bool:
    return version in VERSIONS


def _home(version: str) -> Path:
    """The folder of a server from Maven Central."""
    folder = cache_folder() / version
    if not (folder / "bin/mysqld").exists():
        raise SystemExit(f"There is no {folder}/bin/mysqld. Run ./dev setup, which installs it.")
    return folder


def _program(version: str) -> list[str | Path]:
    """The server and where its files are; options files of the machine are not read."""
    if version == "mariadb":
        for path in (Path("/usr/sbin/mariadbd"), Path("/usr/libexec/mariadbd")):
            if path.exists():
                return [path]
        raise SystemExit("There is no mariadbd. Run ./dev setup, which installs mariadb-server.")
    home = _home(version)
    return [home / "bin/mysqld", f"--basedir={home}", f"--lc-messages-dir={home}/share"]


def users_sql(version: str) -> list[str]:
    native = "IDENTIFIED WITH mysql_native_password" + (" BY" if version != "mariadb" else " USING PASSWORD(")
    close = ")" if version == "mariadb" else ""
    lines = [f"CREATE USER 'root'@'%' {native} ''{close}"]
    lines.append(f"CREATE USER '{PASSWORD_USER}'@'%' {native} '{PASSWORD}'{close}")
    if version == "mysql8":
        lines.append(f"CREATE USER '{SHA2_USER}'@'%' IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'")
    names = ["root", PASSWORD_USER] + ([SHA2_USER] if version == "mysql8" else [])
    return lines + [f"GRANT ALL ON *.* TO '{name}'@'%' WITH GRANT OPTION" for name in names]


def _make_template(version: str, data: Path) -> None:
    """Each server has a folder of its own for temporary tables: one that starts removes all that it finds there."""
    script = "".join(line + ";\n" for line in users_sql(version))
    if version == "mariadb":
        data.mkdir()
        own(data)
        places = [f"--datadir={data}", f"--tmpdir={data}"]
        options = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        run_as_user(["mariadb-install-db", *options, *places])
        bootstrap = ["--no-defaults", "--bootstrap", *places]
        run_as_user([*_program(version), *bootstrap], feed="FLUSH PRIVILEGES;\n" + script)
        return
    users = data.with_suffix(".sql")
    users.write_text(script)
    first, *rest = _program(version)
    options = ["--no-defaults", "--initialize-insecure", "--skip-log-bin", f"--init-file={users}"]
    run_as_user([first, *options, *rest, f"--datadir={data}"])
    users.unlink()
    (data / "auto.cnf").unlink(missing_ok=True)  # each server has a UUID of its own


class MySqlServer(ServerLife):
    """One server; `durable` makes it flush at each commit. Other settings go into its options file."""

    PORT_TAKEN = "bind on TCP/IP port"

    def __init__(
        self,
        version: str = "mariadb",
        *,
        identity: str = "source",
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        domain = {"gtid_domain_id": GTID_DOMAINS[identity]} if version == "mariadb" else {}
        self._settings = {**SETTINGS, **(DURABLE if durable else CARELESS), **OF_VERSION[version], **domain}
        self._settings.update(settings or {})
        self._settle(version, lambda data: _make_template(version, data))
        (self.folder / "tmp").mkdir()
        own(self.folder)

    # --- life ---

    def stop(self, mode: str = "fast") -> None:
        """mode: fast, or immediate: it goes through recovery at its next start."""
        if self._process is None:
            return
        self._process.send(signal.SIGKILL if mode == "immediate" else signal.SIGTERM)
        self._process.wait(60)
        self._process = None

    def kill(self) -> None:
        """kill -9, as when its machine loses power."""
        assert self._process is not None
        self.stop("immediate")

    # --- use ---

    def uri(self, database: str = "", user: str = "root", password: str = "") -> str:
        credentials = f"{user}:{password.replace(' ', '%20')}" if password else user
        scheme = "mariadb" if self.version == "mariadb" else "mysql"
        return f"{scheme}://{credentials}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "", user: str = "root") -> MySQLdb.connections.Connection:
        """An autocommit connection over the Unix socket."""
        return MySQLdb.connect(
            unix_socket=str(self._socket()), user=user, database=database, charset="utf8mb4", autocommit=True
        )

    def query(self, sql: str, database: str = "") -> list[tuple[Any, ...]]:
        connection = self.connect(database)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def value(self, sql: str, database: str = "") -> Any:
        return self.query(sql, database)[0][0]

    def script(self, script: str, database: str = "", user: str = "root") -> str:
        """Runs a script with the mariadb client (DELIMITER is known), up to the first error, which is raised.

        Rows are given as psql gives them unaligned: columns parted by `|`, which values with tabs would upset.
        """
        options = ["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"]
        done = subprocess.run(
            ["mariadb", *options, f"--socket={self._socket()}", f"--user={user}", database],
            input=script.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"mariadb on {self.uri(database, user)}:\n{done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="backslashreplace").replace("\t", "|")

    def write_rows(self, sql: str, database: str, file: Path) -> None:
        """A query's rows into a file, a line each, tabs between columns and nothing escaped; this process holds none."""
        options = ["--no-defaults", "--quick", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"]
        with file.open("wb") as out:
            subprocess.run(
                ["mariadb", *options, f"--socket={self._socket()}", "--user=root", f"--execute={sql}", database],
                stdout=out,
                check=True,
            )

    def databases(self) -> list[str]:
        names = [name for (name,) in self.query("SHOW DATABASES")]
        return sorted(name for name in names if name not in SYSTEM_DATABASES)

    def create_database(self, name: str) -> str:
        self.query(f"CREATE DATABASE {quoted(name)}")
        return self.uri(name)

    def drop_database(self, name: str) -> None:
        """Sessions that stand in it are ended; another session's metadata lock would hold the drop up for ever."""
        for (number,) in self.query(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
            self.end_session(number)
        self.query(f"DROP DATABASE IF EXISTS {quoted(name)}")

    def end_session(self, number: int) -> None:
        try:
            self.query(f"KILL {number}")
        except MySQLdb.OperationalError as error:
            if error.args[0] != 1094:  # it has ended by itself
                raise

    def clear_case(self, database: str) -> None:
        """Removes what a test left: sessions, users, and every database, since a schema of the other end arrives as one."""
        others = "user NOT IN ('system user', 'event_scheduler') AND command <> 'Daemon' AND id <> connection_id()"
        for (number,) in self.query(f"SELECT id FROM information_schema.processlist WHERE {others}"):
            self.end_session(number)
        for name in self.databases():
            self.drop_database(name)
        for user, host in self.query("SELECT user, host FROM mysql.user WHERE user LIKE 'flow%'"):
            self.query(f"DROP USER '{user}'@'{host}'")

    # --- helpers ---

    def _socket(self) -> Path:
        return self.folder / "socket"

    def _command(self) -> list[str | Path]:
        first, *rest = _program(self.version)
        return [first, f"--defaults-file={self._write_settings()}", *rest]

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except MySQLdb.OperationalError:
            return False
        return True

    def _write_settings(self) -> Path:
        own_settings = {
            "datadir": self.data,
            "tmpdir": self.folder / "tmp",
            "port": self.port,
            "socket": self._socket(),
            "pid_file": self.folder / "pid",
            "server_id": self.port,  # no two servers of a machine have one port
        }
        path = self.folder / "server.cnf"
        lines = [f"{name} = {value}\n" for name, value in {**own_settings, **self._settings}.items()]
        path.write_text("[mysqld]\n" + "".join(lines))
        path.chmod(0o644)  # one that others may write is not read
        return path


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
