"""Argos packages from the network. Only a person's command comes here; the desk itself never fetches anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from bot.translate.argos_packages import MAX_UNPACKED_BYTES, PackageRefused, pair_of, version_key
from retrieval.errors import UpstreamError
from retrieval.languages import base_language

DOWNLOAD_SECONDS = 30.0
_CHUNK = 1 << 20


def download(source: str, target: str, into: Path, *, index_url: str, progress: Callable[[int, int], None]) -> Path:
    """Fetches the newest package for a pair from Argos's index.

    Args:
        index_url: of the list of packages, see `argos_library.argos_index_url`.
        progress: called with the bytes fetched and, where it is known, how many there are (else 0).

    Raises:
        PackageRefused: the index has none for this pair.
        UpstreamError: the index or the package cannot be fetched.
    """
    wanted = base_language(source), base_language(target)
    try:
        with httpx.Client(timeout=DOWNLOAD_SECONDS, follow_redirects=True) as client:
            reply = client.get(index_url)
            reply.raise_for_status()
            listed = [each for each in reply.json() if pair_of(each) == wanted]
            offered = [each for each in listed if each.get("type", "translate") == "translate"]
            if not offered:
                raise PackageRefused(
                    f"Argos has no package from {source} to {target}. It translates between most languages through "
                    f"English: install {source} en and en {target}."
                )
            newest = max(offered, key=lambda each: version_key(str(each.get("package_version", ""))))
            file = into / f"{wanted[0]}_{wanted[1]}.argosmodel"
            links = [link for link in newest.get("links", []) if str(link).startswith(("https://", "http://"))]
            _fetch(client, links, file, progress)
            return file
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise UpstreamError(f"The Argos package index at {index_url} cannot be read: {error}.") from error


def _fetch(client: httpx.Client, links: Sequence[str], file: Path, progress: Callable[[int, int], None]) -> None:
    failure: httpx.HTTPError | None = None
    for link in links:
        try:
            with client.stream("GET", link) as response, file.open("wb") as target:
                response.raise_for_status()
                whole = int(response.headers.get("content-length", 0))
                for chunk in response.iter_bytes(_CHUNK):
                    if target.tell() > MAX_UNPACKED_BYTES:
                        raise httpx.DecodingError("the package is too large")
                    target.write(chunk)
                    progress(target.tell(), whole)
            return
        except httpx.HTTPError as error:
            failure = error
    raise failure or httpx.UnsupportedProtocol("the index gives no address for it")
