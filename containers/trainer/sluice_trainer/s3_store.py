"""A prefix of an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .exits import bad_input
from .store import AlreadyThere


class S3Store:
    def __init__(self, uri: str, client: Any = None) -> None:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self.bucket = bucket
        self.prefix = prefix if prefix == "" or prefix.endswith("/") else f"{prefix}/"
        self.uri = f"s3://{bucket}/{self.prefix}"
        self._client = client or _connect()

    def put(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=content)

    def put_new(self, name: str, content: bytes) -> None:
        try:
            self._client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=content, IfNoneMatch="*")
        except Exception as error:
            if _code(error) not in ("PreconditionFailed", "412"):
                raise
            found = self.get(name)
            if found is None:
                raise
            # A put whose answer was lost is repeated: its own bytes are no conflict.
            if found != content:
                raise AlreadyThere(f"{self.uri}{name} was written by another process") from error

    def put_file(self, name: str, path: Path) -> None:
        self._client.upload_file(str(path), self.bucket, self.prefix + name)

    def get(self, name: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read()
        except Exception as error:
            if _code(error) in ("NoSuchKey", "404"):
                return None
            raise

    def names(self, folder: str) -> list[str]:
        start = f"{self.prefix}{folder.rstrip('/')}/" if folder else self.prefix
        keys = (key.removeprefix(start) for key in self._keys(start))
        return sorted(name for name in keys if name and "/" not in name)

    def fetch_folder(self, into: Path) -> Path:
        for key in self._keys(self.prefix):
            target = into / key.removeprefix(self.prefix)
            if key.endswith("/"):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            self._client.download_file(self.bucket, key, str(target))
        return into

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"]


def _connect() -> Any:
    try:
        import boto3
    except ImportError:
        raise bad_input(["s3:// URIs need boto3 in the image: pip install boto3"]) from None
    return boto3.client("s3")


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
