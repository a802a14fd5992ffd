"""Files that visitors of a server bring along: kept in a private folder while a page shows them.

Whoever may send a file has a ticket, which a page gets for him; what he sent has a name that nobody
can guess. All of it is in the folder, so that any process of the server finds it: who shows a file
holds a lock on it, which goes with the process even where that is killed. How the bytes come is
`tpfdash.server.uploads`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tpfdash.app.roots import without_folders
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["GONE", "LARGEST", "UNPACKED", "Held", "Incoming", "Uploads", "plain_name"]

_log = logging.getLogger(__name__)

MB = 2**20
#: Bytes of a file as it is sent, and of what it unpacks to where it is gzipped.
LARGEST, UNPACKED = 256 * MB, 1024 * MB
#: Bytes of all files that are there at a time.
_TOTAL = 4096 * MB
#: Files that one page may send, and files that one process takes in at a time.
_PER_TICKET, _AT_ONCE = 20, 8
#: Seconds for which a file stays that nobody shows: until its page is there.
_GRACE = 120.0
#: Bytes that are unpacked at a time.
_PIECE = 2**20
#: Letters of a file's name that are kept.
_LONGEST_NAME = 120
_GZIP = b"\x1f\x8b"
_TOKEN = re.compile(r"[\w-]{32,64}", re.ASCII)
_LOCK = ".lock"

#: What is said of a file that is there no more.
GONE = (
    "the file that was uploaded is no longer here: it is kept as long as a page shows it, and "
    "should be uploaded again."
)


def plain_name(name: str) -> str:
    """A file's name as it may be kept: its last part, in letters that mean nothing to anybody.

    Without .gz: what is gzipped is unpacked as it comes.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = re.sub(r"[^\w.+-]+", "_", last, flags=re.ASCII).strip("._")[-_LONGEST_NAME:]
    return re.sub(r"\.gz$", "", plain, flags=re.IGNORECASE) or "uploaded.fits"


class Uploads:
    """The files of a server's visitors. Safe to use from several threads and processes.

    Parameters
    ----------
    folder : path
        One that nobody else can look into.
    largest, unpacked, total : int
        Bytes of a file as it is sent, unpacked, and of all that are there.
    per_ticket : int
        Files that may be sent with one ticket.
    grace : float
        Seconds for which a file stays that nobody shows.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        largest: int = LARGEST,
        unpacked: int = UNPACKED,
        total: int = _TOTAL,
        per_ticket: int = _PER_TICKET,
        grace: float = _GRACE,
    ):
        self.largest, self.unpacked, self.total = largest, unpacked, total
        self.per_ticket, self.grace = per_ticket, grace
        self._tickets, self._files = Path(folder) / "tickets", Path(folder) / "files"
        for part in (self._tickets, self._files):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._coming = threading.BoundedSemaphore(_AT_ONCE)

    # -- tickets ---------------------------------------------------------------------------------

    def admit(self) -> str:
        """A ticket with which files can be sent."""
        ticket = secrets.token_urlsafe(32)
        (self._tickets / ticket).mkdir(mode=0o700)
        return ticket

    def dismiss(self, ticket: str) -> None:
        """Have nothing more sent with a ticket."""
        shutil.rmtree(self._tickets / ticket, ignore_errors=True)

    def _stamp(self, ticket: str) -> None:
        """Count one more file of a ticket."""
        folder = self._tickets / ticket
        if not _TOKEN.fullmatch(ticket) or not folder.is_dir():
            raise TPFError(
                "this page may not send files (any more): it should be loaded again first."
            )
        for number in range(self.per_ticket):
            try:
                (folder / str(number)).touch(exist_ok=False)
                return
            except FileExistsError:
                continue
            except OSError:
                break  # it was dismissed meanwhile
        raise TPFError(
            f"this page has sent {self.per_ticket} files: it should be loaded again to send more."
        )

    # -- files -----------------------------------------------------------------------------------

    def receive(self, ticket: str, name: str, size: int) -> Incoming:
        """Begin to take in a file of so many bytes.

        Raises
        ------
        TPFError
            Where the ticket is none or used up, the file is too large, or there is no room for it.
        """
        if not 0 < size <= self.largest:
            raise TPFError(
                f"{plain_name(name)} has {size / MB:.1f} MB: a file of up to {self.largest // MB} "
                "MB can be uploaded."
                if size > 0
                else f"{plain_name(name)} is empty: it should be a target pixel file."
            )
        self._stamp(ticket)
        self.sweep()
        if self._used() + size > self.total or not self._coming.acquire(blocking=False):
            raise TPFError("there is no room for more uploads now: try again in a few minutes.")
        try:
            token = secrets.token_urlsafe(32)
            folder = self._files / token
            folder.mkdir(mode=0o700)
            held = Held(folder, folder / plain_name(name), token)
            return Incoming(held, self.largest, self.unpacked, self._coming.release)
        except BaseException:
            self._coming.release()
            raise

    def hold(self, token: str) -> Held:
        """A file that was taken in, which stays as long as somebody holds it.

        Raises
        ------
        TPFError
            Where there is none of that name.
        """
        folder = self._files / token
        if not _TOKEN.fullmatch(token) or not folder.is_dir():
            raise TPFError(GONE)
        held = Held(folder, None, token)
        names = [one for one in folder.iterdir() if one.name[0] != "."] if folder.is_dir() else []
        if not names:  # it is taken away just now, or still coming
            held.release()
            raise TPFError(GONE)
        held.path = names[0]
        return held

    def sweep(self) -> None:
        """Take away what nobody shows, nor has for a while: of processes that were killed, too."""
        for folder in self._folders(self._files):
            if _age(folder) > self.grace and not _is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _used(self) -> int:
        sizes = 0
        for folder in self._folders(self._files):
            for path in self._folders(folder):
                try:
                    sizes += path.stat().st_size
                except OSError:
                    pass  # it went just now
        return sizes

    @staticmethod
    def _folders(folder: Path) -> Iterator[Path]:
        try:
            yield from list(folder.iterdir())
        except OSError:
            return


class Held:
    """A file that stays as long as this is not released.

    Attributes
    ----------
    path : Path
    token : str
        Its name in addresses.
    """

    path: Path

    def __init__(self, folder: Path, path: Path | None, token: str):
        self.token = token
        self._folder = folder
        try:
            self._lock = open(folder / _LOCK, "ab")  # noqa: SIM115
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        except OSError:
            raise TPFError(GONE) from None
        if path is not None:
            self.path = path

    def release(self, keep: bool = False) -> None:
        """Need the file no more: it goes with the last one who does.

        `keep`: it stays for a while, for whoever comes to hold it.
        """
        if self._lock.closed:
            return
        self._lock.close()
        if keep:
            os.utime(self._folder)
        elif not _is_held(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)
            _log.info("an upload is gone", extra={"told": {"event": "upload gone"}})


def _is_held(folder: Path) -> bool:
    try:
        with open(folder / _LOCK, "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0


class Incoming:
    """One file while it comes, by pieces; to be finished or abandoned.

    Parameters
    ----------
    held : Held
    largest, unpacked : int
        Bytes that may come, and that may be kept of it.
    done : callable
        Called once, at its end.
    """

    def __init__(self, held: Held, largest: int, unpacked: int, done: Callable[[], None]):
        self._held = held
        self._path = held.path
        self._largest, self._unpacked = largest, unpacked
        self._done: Callable[[], None] | None = done
        self._part = self._path.parent / ".part"
        self._file = open(self._part, "xb")  # noqa: SIM115
        self._came = self._kept = 0
        self._start = b""
        self._packed: zlib._Decompress | None = None
        self._is_packed = False
        self._lock = threading.Lock()  # a piece may still be taken in where the sender has gone

    def feed(self, piece: bytes) -> None:
        """Take in the next bytes.

        Raises
        ------
        TPFError
            Where it is too much, packed or unpacked, or cannot be unpacked.
        """
        with self._lock:
            if self._done is not None:
                self._feed(piece)

    def _feed(self, piece: bytes) -> None:
        self._came += len(piece)
        if self._came > self._largest:
            raise self._too_large(self._largest)
        if len(self._start) < 2:
            self._start += piece
            if len(self._start) < 2:
                return
            piece, self._is_packed = self._start, self._start.startswith(_GZIP)
            self._start = self._start[:2]
        try:
            for plain in self._unpack(piece) if self._is_packed else (piece,):
                self._kept += len(plain)
                if self._kept > self._unpacked:
                    raise self._too_large(self._unpacked, "unpacks to ")
                self._file.write(plain)
        except zlib.error as error:
            raise TPFError(f"{self._path.name} cannot be unpacked ({error}).") from None
        except OSError as error:
            raise TPFError(f"{self._path.name} cannot be kept ({error.strerror}).") from None

    def _unpack(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._packed is None or self._packed.eof:
                if self._packed is not None and not piece.startswith(_GZIP[:1]):
                    return  # padding after the end
                self._packed = zlib.decompressobj(wbits=31)
            yield self._packed.decompress(piece, _PIECE)
            piece = self._packed.unconsumed_tail or self._packed.unused_data

    def _too_large(self, most: int, how: str = "has ") -> TPFError:
        return TPFError(
            f"{self._path.name} {how}more than {most // MB} MB, which is too much here."
        )

    def finish(self) -> str:
        """The name in addresses of a file that has come, and is a target pixel file.

        Raises
        ------
        TPFError
            Where it is none; nothing is kept of it then.
        """
        try:
            self._file.close()
            if self._is_packed and (self._packed is None or not self._packed.eof):
                raise TPFError(f"{self._path.name} is cut short: it should be sent again.")
            os.replace(self._part, self._path)
            open_tpf(self._path).close()
        except TPFError as error:
            self.abandon()
            raise without_folders(error, self._path) from None
        except BaseException:
            self.abandon()
            raise
        self._end(keep=True)
        return self._held.token

    def abandon(self) -> bool:
        """Keep nothing of it; whether it had not come to its end before."""
        with self._lock:
            self._file.close()
            return self._end(keep=False)

    def _end(self, keep: bool) -> bool:
        done, self._done = self._done, None
        if done is not None:
            done()
            self._held.release(keep=keep)
        return done is not None
