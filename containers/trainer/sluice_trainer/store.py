"""Where a run writes: a directory, or a prefix of an S3 bucket."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from .exits import bad_input


class AlreadyThere(Exception):
    """Another process wrote something else under this name."""


class Store(Protocol):
    """Names are relative, with `/`. What is put is there whole and durable, or not at all."""

    uri: str

    def put(self, name: str, content: bytes) -> None: ...

    def put_new(self, name: str, content: bytes) -> None:
        """Raises AlreadyThere when the name holds other bytes; the same bytes are this caller's own, from before."""

    def put_file(self, name: str, path: Path) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def names(self, folder: str) -> list[str]:
        """Of the files directly in a folder, sorted."""

    def fetch_folder(self, into: Path) -> Path:
        """A local directory with everything, copied to `into` where it is not local already."""


def open_store(uri: str) -> Store:
    """The store at a `file://` or `s3://` URI; exit 65 for any other."""
    if uri.startswith("file://"):
        return DirectoryStore(path_of(uri))
    if uri.startswith("s3://"):
        from .s3_store import S3Store

        return S3Store(uri)
    raise bad_input([f"{uri}: only file:// and s3:// URIs can be read and written"])


def read_uri(uri: str) -> bytes:
    """The bytes of one file; FileNotFoundError when it is not there."""
    folder, _, name = uri.rstrip("/").rpartition("/")
    content = open_store(f"{folder}/").get(unquote(name) if uri.startswith("file:") else name)
    if content is None:
        raise FileNotFoundError(f"{uri} does not exist")
    return content


def path_of(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise bad_input([f"{uri}: a file URI of another host"])
    return Path(unquote(parts.path))


class DirectoryStore:
    """Files of this machine: temporary name, fsync, rename, fsync of the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = root.absolute().as_uri()

    def put(self, name: str, content: bytes) -> None:
        target = self.root / name
        _write_durably(temporary := _temporary(target), content)
        temporary.replace(target)
        _sync_folder(target.parent)

    def put_new(self, name: str, content: bytes) -> None:
        target = self.root / name
        _write_durably(temporary := _temporary(target), content)
        try:
            _publish_new(temporary, target)
        except FileExistsError:
            if target.read_bytes() != content:
                raise AlreadyThere(f"{target} was written by another process") from None
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)

    def put_file(self, name: str, path: Path) -> None:
        target = self.root / name
        if target.absolute() == path.absolute():
            _sync_file(target)
        else:
            temporary = _temporary(target)
            try:
                shutil.copyfile(path, temporary)
                _sync_file(temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)

    def get(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        place = self.root / folder
        return sorted(entry.name for entry in place.iterdir() if entry.is_file()) if place.is_dir() else []

    def fetch_folder(self, into: Path) -> Path:
        return self.root


def _temporary(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent / f".{target.name}.{os.getpid()}.tmp"


def _write_durably(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _publish_new(temporary: Path, target: Path) -> None:
    """A hard link fails when the name is taken; a file system without links has to do with a look before the rename."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(str(target)) from None
        temporary.replace(target)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
