from __future__ import annotations

from pathlib import Path

import pytest

from stalwart_g.config import ConfigError, load

MISTAKES = Path(__file__).with_name("mistakes")
MINIMAL = """\
[server]
hostname = "mail.example.org"
[directory.default]
type = "sql"
address = "sqlite://data/accounts.sqlite3"
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def settings(write):
    return lambda more="", env=None: load(write(MINIMAL + more), env or {})


@pytest.fixture
def problems(write):
    """The problems as text, without the folder."""

    def problems(text: str, env=None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(write(text), env or {})
        return [str(problem).replace(f"{problem.file.parent}/", "") for problem in caught.value.problems]

    return problems


def test_the_least_that_is_needed(settings, tmp_path: Path) -> None:
    found = settings()
    assert found.server.hostname == "mail.example.org"
    assert found.listeners == {}
    assert found.directory.address == f"sqlite://{tmp_path}/data/accounts.sqlite3"
    assert found.store.path == tmp_path / "data/index.sqlite3"
    assert found.policy.folder == tmp_path / "policy"
    assert found.queue_folder == tmp_path / "data/queue"
    assert found.log.path is None
    assert found.warnings == ()


def test_delivery_knows_external_lists(settings) -> None:
    found = settings("""
[delivery]
vacation.default = "3d"
protected-headers = ["X-Own"]

[delivery.list.team]
name = "tag:example.org,2026:team"
entries = ["ann@example.org", "bob@example.org"]
""").local
    assert found.lists["team"].name == "tag:example.org,2026:team"
    assert found.lists["team"].entries == ("ann@example.org", "bob@example.org")
    assert (found.vacation_seconds, found.protected_headers) == (3 * 86_400, ("X-Own",))


def test_listeners_inherit_from_the_server(settings, tmp_path: Path) -> None:
    found = settings("""
[certificate.main]
cert = "file://c.crt"
private-key = "c.key"
[certificate.other]
cert = "o.crt"
private-key = "o.key"
[session]
timeout = "2m"
data.limits.size = "1M"
[server.listener.in]
bind = ["[::]:25", "127.0.0.1:26"]
protocol = "smtp"
greeting = "own"
tls.sni = [{ subject = "*.Example.net", certificate = "other" }]
[server.listener.out]
bind = "[::]:24"
protocol = "lmtp"
hostname = "lmtp.example.org"
socket.backlog = 5
tls.enable = false
[server.tls]
enable = true
certificate = "main"
timeout = "10s"
protocols = ["TLSv1.3"]
[server.socket]
backlog = 7
""")
    one, two = found.listeners["in"], found.listeners["out"]
    assert one.bind == (("::", 25), ("127.0.0.1", 26))
    assert (one.smtp.greeting, one.smtp.hostname, one.smtp.lmtp) == ("own", "mail.example.org", False)
    assert (two.smtp.hostname, two.smtp.lmtp) == ("lmtp.example.org", True)
    assert (one.smtp.timeout_seconds, one.smtp.size_octets, one.smtp.tls_timeout_seconds) == (120, 1 << 20, 10)
    assert (one.socket.backlog, two.socket.backlog) == (7, 5)
    assert one.tls.default == found.certificates["main"]
    assert one.tls.default.certificate == tmp_path / "c.crt"
    assert one.tls.by_name == {"*.example.net": found.certificates["other"]}
    assert one.tls.options.versions == ("TLSv1.3",)
    assert two.tls.default is None


def test_what_lower_floors_define_is_filled_in(settings, tmp_path: Path) -> None:
    found = settings("""
[queue]
min-free = "1G"
[queue.schedule]
retry = ["1m", "2m"]
[queue.bulk]
workers = 3
[queue.outbound]
hostname = "out.example.org"
limits.mx = 2
timeouts.connect = "10s"
[remote.postfix]
address = "127.0.0.1"
port = 26
auth.username = "us"
auth.secret = "open sesame"
[remote.postfix.tls]
implicit = false
[report.dsn]
from-name = "Postmaster"
[delivery]
scripts = "scripts"
""")
    assert found.queue.min_free_octets == 1 << 30
    assert found.queue.schedule.retry == (60.0, 120.0)
    assert (found.queue.lanes["bulk"].workers, found.queue.lanes["bulk"].per_destination) == (3, 2)
    assert set(found.queue.lanes) >= {"local", "remote"}
    assert (found.remote.hostname, found.remote.mx_max, found.remote.timeouts.connect) == ("out.example.org", 2, 10.0)
    assert (found.remote.relays["postfix"].port, found.remote.relays["postfix"].secret) == (26, "open sesame")
    assert found.queue.report.from_name == "Postmaster"
    assert found.local.scripts == tmp_path / "scripts"
    assert "sesame" not in repr(found)


def test_tables_of_the_policy(settings, tmp_path: Path) -> None:
    tables = settings("""
[policy.table.names]
type = "memory"
values = ["a", "b"]
[policy.table.file]
type = "file"
path = "t.txt"
[policy.table.db]
type = "sql"
query = "SELECT 1 WHERE ? = 'x'"
""").policy.tables
    assert tables["names"].values == {"a": "", "b": ""}
    assert tables["file"].path == tmp_path / "t.txt"
    assert tables["db"].database == f"sqlite://{tmp_path}/data/accounts.sqlite3"


def test_accounts_in_the_configuration(write) -> None:
    found = load(write("""
[server]
hostname = "mail.example.org"
directory = "here"
[directory.here]
type = "memory"
options.subaddressing = { map = "(.+)-x@(.+)", to = "${1}@${2}" }
cache = { entries = 5, ttl.positive = "1m" }
lookup.domains = ["example.net"]
[[directory.here.users]]
name = "Ann"
secret = ["!PASSWORD", "two"]
email = "ann@example.org"
email-list = ["all@example.org"]
member-of = "staff"
quota = 5
[[directory.here.groups]]
name = "staff"
"""), {"PASSWORD": "one"})  # fmt: skip
    ann, staff = found.directory.accounts
    assert (ann.name, ann.secrets, ann.emails, ann.lists) == (
        "ann", ("one", "two"), ("ann@example.org",), ("all@example.org",),
    )  # fmt: skip
    assert (ann.member_of, ann.quota_octets, staff.kind) == (("staff",), 5, "group")
    assert found.directory.options.subaddressing("ann-x@example.org") == "ann@example.org"
    assert (found.directory.cache.entries, found.directory.cache.ttl_positive_seconds) == (5, 60.0)
    assert found.directory.domains == ("example.net",)


def test_macros_variables_and_files(settings, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\nnot this")
    found = settings(
        """
[macros]
Where = "%{home}%/elsewhere"
[log]
path = "%{where}%/%{env:NAME}%.log"
[remote.a]
address = "!RELAY"
auth.secret = "file://secret"
[remote.b]
address = "b"
auth.secret = "%{env:NAME}%"
""",
        {"NAME": "x", "RELAY": "relay.example.net"},
    )
    assert found.log.path == tmp_path / "elsewhere" / "x.log"
    assert found.remote.relays["a"].address == "relay.example.net"
    assert found.remote.relays["a"].secret == "from file"
    assert found.remote.relays["b"].secret == "x"


def test_included_files_are_one_with_the_main_one(write, tmp_path: Path) -> None:
    write('[remote.a]\naddress = "a"\n', "more.toml")
    found = load(write('[include]\nfiles = ["more.toml"]\n' + MINIMAL + '[remote.b]\naddress = "b"\n'), {})
    assert set(found.remote.relays) == {"a", "b"}


@pytest.mark.parametrize("path", sorted(MISTAKES.glob("*.toml")), ids=lambda path: path.stem)
def test_all_mistakes_are_told_each_with_its_line(problems, path: Path) -> None:
    """A file says at its end, after ``#>``, what shall be found in it: line and text."""
    text, *expected = path.read_text().split("\n#> ")
    assert problems(text) == [f"config.toml:{line.rstrip()}" for line in expected]


def test_a_key_in_two_files_is_a_mistake_of_the_first(problems, write) -> None:
    write('[server]\nhostname = "other.example.org"\nnonsense = 1\n', "more.toml")
    found = problems('include.files = "more.toml"\n' + MINIMAL)
    assert found == ["config.toml:3: server.hostname is also in an included file"]


def test_problems_of_an_included_file_name_it(problems, write) -> None:
    write("\n[session]\nnonsense = 1\n", "more.toml")
    assert problems('include.files = "more.toml"\n' + MINIMAL) == ["more.toml:3: there is no key session.nonsense"]


def test_missing_files_are_told(problems, tmp_path: Path) -> None:
    assert problems('include.files = ["none.toml"]\n' + MINIMAL) == [
        "none.toml: cannot be read: No such file or directory"
    ]
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        load(tmp_path / "nowhere.toml", {})


def test_a_secret_that_others_can_read_is_warned_of(write) -> None:
    path = write(MINIMAL + "[remote.x]\naddress = 'x'\nauth.secret = 'sesame'")
    path.chmod(0o644)
    (warning,) = load(path, {}).warnings
    assert (warning.line, warning.fatal) == (8, False)
    assert "remote.x.auth.secret can be read by others" in str(warning)
    assert "sesame" not in str(warning)
