"""vnd.dovecot.testsuite: the commands and tests of test files (SPEC-SIEVE sections 5.2 and 5.3).

They are an extension like any other. What they share during a run is its ``Session``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType

from sieve.engine import place_in
from sieve.errors import NOWHERE, ScriptError
from sieve.extensions import envelope, special_use
from sieve.runtime import Return, Run, Stop
from sieve.spec import Extension, Matching, Param, Site, suggestion
from sieve.testing import settings
from sieve.testing.reporting import Outcome
from sieve.testing.session import Session, reset
from sieve.testing.world import NoMailbox

extension = Extension("vnd.dovecot.testsuite", "SPEC-SIEVE section 5")
alias = Extension("vnd.stalwart.testsuite", "SPEC-SIEVE section 5", implies=["vnd.dovecot.testsuite"])

_OBJECTS = ("message", *(f"envelope.{part}" for part in envelope.PARTS), "currentdate")


class TestFailed(ScriptError):
    """The script says that the test has failed."""

    __test__ = False  # not one of pytest's


def session_of(run: Run) -> Session:
    """What the file shares. Raises ScriptError: the run is that of a script under test."""
    session = run.data.get(Session)
    if not isinstance(session, Session):
        raise ScriptError("the commands of the test suite work in the test file only")
    return session


# -- tests, and how they end


class _Guard:
    """Around the block of a test: whatever fails in it ends the test, and the file goes on."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    def __enter__(self) -> None:
        """Nothing to prepare: each test finds what the last one left."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        outcomes = self._session.outcomes
        number = len(outcomes) + 1
        if error is None or isinstance(error, Stop | Return):
            outcomes.append(Outcome(number, self._name))
        if not isinstance(error, ScriptError):
            return False
        place = place_in(traceback) if error.place == NOWHERE else error.place
        outcomes.append(Outcome(number, self._name, error.message or "no reason given", place))
        return True


@extension.command(Param("name"), block="with")
def test(run: Run, name: str) -> _Guard:
    return _Guard(session_of(run), name)


@extension.check("test")
def _not_nested(site: Site) -> None:
    if site.within:
        site.report(f"tests cannot be nested: a test command stands in the {site.within[-1]} command", "nesting")


@extension.command(Param("reason"), traits=["ends"])
def test_fail(run: Run, reason: str) -> None:
    raise TestFailed(reason)


# -- the world


def _object(name: str) -> str:
    near = suggestion(name.lower(), _OBJECTS)
    return "" if name.lower() in _OBJECTS else f"'{name}' cannot be set" + (f": {near}" if near else "")


@extension.command(Param("object", constant=True, check=_object), Param("value"))
def test_set(run: Run, name: str, value: str) -> None:
    """Change the message, and with it the envelope; or a part of the envelope; or the time."""
    session, name = session_of(run), name.lower()
    if name == "message":
        session.show(run, value.encode())
        session.world.addressed(run.message.message)
    elif name == "currentdate":
        session.world.clock = _date(value)
        run.moved()
    else:
        session.world.parts[name.removeprefix("envelope.")] = "" if value == "<>" else value


def _date(text: str) -> tuple[float, int]:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ScriptError(f"'{text}' is no date of ISO 8601, such as 2024-02-29T12:00:00+01:00") from None
    offset = when.utcoffset()
    if offset is None:
        raise ScriptError(f"the date '{text}' has no time zone")
    return when.timestamp(), int(offset.total_seconds()) // 60


@extension.command(Param("mailbox"))
def test_mailbox_create(run: Run, name: str, *, specialuse: str = "", mailboxid: str = "") -> None:
    world = session_of(run).world
    try:
        world.create(name)
    except NoMailbox as error:
        raise TestFailed(str(error)) from None
    if specialuse:
        world.known.uses.setdefault(name, set()).add(special_use.word_of(specialuse))
    if mailboxid:
        world.known.ids[name] = mailboxid


@extension.command(Param("mailbox"))
def test_mailbox_delete(run: Run, name: str) -> None:
    try:
        session_of(run).world.delete(name)
    except NoMailbox as error:
        raise TestFailed(str(error)) from None


extension.tag("specialuse", "test_mailbox_create", param=Param("special-use attribute"))
extension.tag("mailboxid", "test_mailbox_create", param=Param("mailbox id"))
extension.tag("mailbox", "test_imap_metadata_set", param=Param("mailbox"))


@extension.command(Param("annotation"), Param("value"))
def test_imap_metadata_set(run: Run, annotation: str, value: str, *, mailbox: str | None = None) -> None:
    """An annotation of a mailbox, or of the server."""
    session_of(run).world.known.annotations[mailbox, annotation.lower()] = value


extension.tag("smtp", "test_message", keyword="folder", value=None)
extension.tag("folder", "test_message", keyword="folder", param=Param("mailbox"))


@extension.command(Param("number", "number"), requires=["folder"])
def test_message(run: Run, number: int, *, folder: str | None) -> None:
    """Go on with a mail that was sent or stored, counted from 0; the test has failed if there is none."""
    missing = _select(run, number, folder)
    if missing:
        raise TestFailed(missing)


@extension.test(Param("number", "number"), requires=["folder"])
def test_message_(run: Run, number: int, *, folder: str | None) -> bool:
    return not _select(run, number, folder)


def _select(run: Run, number: int, folder: str | None) -> str:
    """Make a mail the current message; returns what is missing. Flags of a stored mail become those of the run."""
    session = session_of(run)
    world = session.world
    try:
        there = world.outbox if folder is None else world.mailbox(folder)
    except NoMailbox as error:
        return str(error)
    if number >= len(there):
        where = "outbox" if folder is None else f"mailbox '{folder}'"
        return f"there is no message {number} in the {where}: it has {len(there)}"
    session.show(run, there[number].octets)
    if folder is None:
        world.parts |= {"from": world.outbox[number].sender, "to": world.outbox[number].recipient}
    else:
        run.flags = world.mailbox(folder)[number].flags
    return ""


# -- settings


@extension.command(Param("key"), Param("value"))
def test_config_set(run: Run, key: str, value: str) -> None:
    """Store a setting; a reload brings it into force."""
    _valid(key, value)
    session_of(run).stored[key] = value


@extension.command(Param("key"))
def test_config_unset(run: Run, key: str) -> None:
    _valid(key)
    session_of(run).stored.pop(key, None)


def _valid(key: str, value: str = "") -> None:
    fault = settings.fault(key, value)
    if fault:
        raise ScriptError(fault)


extension.tag("extension", "test_config_reload", param=Param("extension"))


@extension.command()
def test_config_reload(run: Run, *, extension: str = "") -> None:
    session = session_of(run)
    if extension not in session.dialect.vocabulary.extensions:
        raise TestFailed(f"unknown extension '{extension}'")
    session.reload(run, extension)


# -- scripts under test


@extension.test(Param("script path"))
def test_script_compile(run: Run, path: str) -> bool:
    return session_of(run).compile(path)


extension.tag("append_result", "test_script_run", keyword="append")


@extension.test()
def test_script_run(run: Run, *, append: bool = False) -> bool:
    return session_of(run).run(run, append=append)


@extension.test(Param("script paths", "texts"))
def test_multiscript(run: Run, paths: Sequence[str]) -> bool:
    return session_of(run).run_sequence(run, paths)


@extension.command(Param("name"))
def test_binary_save(run: Run, name: str) -> None:
    session_of(run).save(name)


@extension.command(Param("name"))
def test_binary_load(run: Run, name: str) -> None:
    session_of(run).load(name)


# -- results


@extension.test()
def test_result_execute(run: Run) -> bool:
    return session_of(run).execute(run)


@extension.command()
def test_result_reset(run: Run) -> None:
    reset(run)
    session = session_of(run)
    session.world.outbox.clear()
    session.errors.clear()


@extension.command()
def test_result_print(run: Run) -> None:
    session_of(run).printed += [f"{action.place.line or '-':>4}  {action}" for action in run.decided()]


@extension.command()
def test_message_print(run: Run) -> None:
    session_of(run).printed.append(run.message.materialise().decode("utf-8", "replace"))


def _index(value: int) -> str:
    return "" if value else "an index counts from 1"


extension.tag("index", "results", param=Param("number", "number", check=_index))


@extension.values(traits=["results"], matching=Matching(comparator="i;octet"))
def test_error(run: Run, *, index: int | None = None) -> Sequence[str]:
    """Errors of the latest compilation, run or execution."""
    return _chosen(session_of(run).errors, index)


@extension.values(traits=["results"], matching=Matching(comparator="i;octet"))
def test_result_action(run: Run, *, index: int | None = None) -> Sequence[str]:
    """Names of the pending actions in order, without the implicit keep."""
    session_of(run)
    return _chosen([action.name for action in run.actions], index)


def _chosen(texts: Sequence[str], index: int | None) -> Sequence[str]:
    return tuple(texts if index is None else texts[index - 1 : index])


# -- where we are


@extension.namespace("tst", check=lambda site, item: _known_item(site, item))
def tst(run: Run, item: str) -> str:
    """``${tst.path}``: the folder of the test file."""
    return session_of(run).world.files.path


def _known_item(site: Site, item: str) -> None:
    if item != "path":
        site.report(f"unknown item '{item}' in '${{tst.{item}}}'", "item", hint="there is ${tst.path}")
