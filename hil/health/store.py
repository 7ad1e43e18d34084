# SPDX-License-Identifier: MIT
"""What is known of each board, in files that all sessions on this computer share.

Each entry is a file of its own, ``boards/BOARD/NUMBER-RANDOM.json``, which is written whole and
never changed: sessions that end at the same time lose nothing of each other's, nobody waits for
anybody, and it works where a file system has no locks, as homes in a network may. They are in the
order of their numbers; the clock has no say. What is not so named is nobody's business and stays.

The directory may be one that several users share: entries are opened only where they are files of
one name (:mod:`hil.host.files.shared_file`), and have the rights that the directory gives.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote

from hil.errors import InfrastructureError
from hil.health import folder
from hil.health.entry import (
    MOST_BYTES,
    Entry,
    Session,
    read_entry,
    written,
)
from hil.health.limits import MOST_SESSIONS
from hil.host.files.shared_file import open_shared, read_shared, user_name

DIRECTORY_VARIABLE = "HIL_STATE_DIR"
"""Environment variable that names the directory, for all who share boards."""

_PLAIN = ":=,"
"""What stays as it is in the name of a board's directory, besides letters and digits."""


@dataclass(frozen=True)
class Store:
    """What is known of boards.

    Attributes:
        directory: where it is; None for a user without a home, as containers have: then nothing is
            known, and nothing is kept.
        last: which board was last seen at which place, and at which port; None: it is looked up.
    """

    directory: Path | None
    last: Mapping[str, str] | None = None

    @classmethod
    def find(cls) -> Self:
        """Return the store that counts.

        That is the directory that ``HIL_STATE_DIR`` names, else ``hil`` in ``XDG_STATE_HOME`` or
        ``~/.local/state``.
        """
        if named := os.environ.get(DIRECTORY_VARIABLE):
            return cls(Path(named))
        if home := os.environ.get("XDG_STATE_HOME"):
            return cls(Path(home) / "hil")
        try:
            return cls(Path.home() / ".local" / "state" / "hil")
        except RuntimeError:
            return cls(None)

    def add(self, board: str, entry: Entry) -> None:
        """Add an entry to a board's, and forget what is older than its last sessions.

        Args:
            board: what it is known by.
            entry: the entry.

        Raises:
            InfrastructureError: it cannot be written.
        """
        if self.directory is None:
            return
        try:
            directory = self._made(self._path(board))
            name = folder.next_name(directory)
            part = directory / f"{name}.part"
            with os.fdopen(open_shared(part, write=True, mode=self._mode(0o666)), "wb") as file:
                file.write(written(entry))
            part.replace(directory / name)
        except OSError as error:
            raise self._unusable(error) from error
        self._forget(board)

    def read(self, board: str) -> list[Entry]:
        """Return a board's entries, the oldest first; none of one that nobody knows.

        Raises:
            InfrastructureError: one cannot be read, is damaged or of a later version, or somebody
                else might have exchanged it. It stays as it is.
        """
        return [entry for _, entry in self._read(board)]

    def boards(self) -> list[str]:
        """Return what the boards are known by of which there are entries.

        Raises:
            InfrastructureError: the directory cannot be read.
        """
        if self.directory is None:
            return []
        try:
            self._check()
            boards = self.directory / "boards"
            folder.require_directory(boards)
            found = [each.name for each in boards.iterdir() if each.is_dir()]
            return sorted(map(unquote, found))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error) from error

    def last_at(self, place: str) -> str | None:
        """Return which board was last seen at a place; None: nobody knows.

        Args:
            place: place or port, as in :class:`hil.health.entry.Sighting`.

        Raises:
            InfrastructureError: as :meth:`read`.
        """
        last = self.last if self.last is not None else self._last()
        return last.get(place)

    def indexed(self) -> Self:
        """Return this store, with what was last seen where looked up once for all questions."""
        return replace(self, last=self._last())

    def last_session(self, board: str) -> tuple[int, Session] | None:
        """Return a board's last session, and when it was written down; None: it had none.

        Raises:
            InfrastructureError: as :meth:`read`.
        """
        for path, entry in self._read(board, newest_first=True):
            if isinstance(entry, Session):
                with suppress(FileNotFoundError):  # forgotten meanwhile
                    return path.stat().st_mtime_ns, entry
        return None

    def _last(self) -> dict[str, str]:
        """Return which board was last seen at each place, and at each port."""
        seen: dict[str, tuple[int, str]] = {}
        for board in self.boards():
            try:
                last = self.last_session(board)
            except InfrastructureError:
                continue  # which is told of that board, and is to cost no other one
            if last is not None:
                for at in {last[1].board.place, last[1].board.port}:
                    seen[at] = max(seen.get(at, (0, "")), (last[0], board))
        return {at: board for at, (_, board) in seen.items()}

    def _read(self, board: str, *, newest_first: bool = False) -> Iterator[tuple[Path, Entry]]:
        if self.directory is None:
            return
        try:
            self._check()
            found = folder.entries(self._path(board))
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        for _, path in reversed(found) if newest_first else found:
            try:
                data = read_shared(path, MOST_BYTES + 1)
                if len(data) > MOST_BYTES:
                    raise ValueError(f"it has more than {MOST_BYTES >> 10} kB")
                yield path, read_entry(data)
            except FileNotFoundError:  # forgotten meanwhile, by a session that ends
                continue
            except OSError as error:
                raise self._unusable(error) from error
            except ValueError as error:
                raise InfrastructureError(
                    f"What is known of the board {board} is damaged, or of a later version of hil "
                    f"({path}: {error}); update hil, take that file away, or name another "
                    f"directory by {DIRECTORY_VARIABLE}."
                ) from error

    def _forget(self, board: str) -> None:
        """Remove what is older than the last sessions, but for the latest word on its quarantine.

        Raises:
            InfrastructureError: as :meth:`read`, or a file cannot be removed.
        """
        entries = list(self._read(board))
        sessions = [n for n, (_, entry) in enumerate(entries) if isinstance(entry, Session)]
        if len(sessions) <= MOST_SESSIONS:
            return
        first = sessions[-MOST_SESSIONS]
        for path in folder.superfluous(entries[:first]):
            folder.remove(path)
        for path in folder.remains(self._path(board), entries[first][0].name):
            folder.remove(path)

    def _path(self, board: str) -> Path:
        assert self.directory is not None
        name = quote(board, safe=_PLAIN)
        return self.directory / "boards" / (f"%2E{name[1:]}" if name.startswith(".") else name)

    def _made(self, directory: Path) -> Path:
        """Return a board's directory, made with the rights of the store's own if need be."""
        assert self.directory is not None
        self.directory.mkdir(parents=True, exist_ok=True)
        self._check()
        for each in (directory.parent, directory):
            try:
                each.mkdir()
            except FileExistsError:
                folder.require_directory(each)
                continue
            each.chmod(stat.S_IMODE(self.directory.stat().st_mode))  # mkdir obeys the umask
        return directory

    def _mode(self, most: int) -> int:
        """Return the rights of a file: what the directory gives to whom."""
        assert self.directory is not None
        return stat.S_IMODE(self.directory.stat().st_mode) & most

    def _check(self) -> None:
        """Raise OSError where others could exchange what is in the directory."""
        assert self.directory is not None
        status = self.directory.stat()  # a link is followed: this user has named it
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            owner = user_name(status.st_uid)
            why = f"everybody may take away the files in it, and it is of user {owner}"
            raise PermissionError(errno.EPERM, why, os.fspath(self.directory))

    def _unusable(self, error: OSError) -> InfrastructureError:
        path = error.filename or self.directory
        return InfrastructureError(
            f"What is known of boards' health cannot be used ({path}: {error.strerror}); mend "
            f"that, or name another directory by {DIRECTORY_VARIABLE}."
        )
