"""Whether customers' browsers reach the widget where they look for it, and its sites may show it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx

from bot.config import DeskSettings, Settings
from bot.doctor.finding import Finding
from bot.web.widget.assets import FOLDER

SECONDS = 10.0
# A desk takes a few hundred tickets a minute from one address.
MOST_TRIED = 20
FILES = ("widget.js", "panel.html")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_ANCESTORS = re.compile(r"(?:^|;)\s*frame-ancestors\s+([^;]*)", re.IGNORECASE)


class _Wrong(Exception):
    """What does not work, and what to do."""


async def examine_widget(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> list[Finding]:
    """A sentence for the widget's files or where browsers get them, and one for each desk that sites may embed.

    Args:
        transport: carries the requests; None for the network.
    """
    lacking = next((name for name in FILES if not (FOLDER / name).is_file()), None)
    if lacking is not None:
        advice = "run `make widget` in a checkout, or install polydesk anew"
        return [Finding(False, f"The widget's {lacking} is not in {FOLDER}: {advice}.")]
    desks = {name: desk for name, desk in settings.widget.desks.items() if desk.origins}
    if not desks:
        return [Finding(True, "Only the desk's own pages show the widget: widget.desks.NAME.origins is empty.")]
    url = settings.server.public_url.rstrip("/")
    if not url:
        where = "set server.public_url to where they reach this desk, such as https://help.example.com"
        return [Finding(True, f"The widget was not tried as browsers meet it; for that, {where}.")]
    async with httpx.AsyncClient(transport=transport, timeout=SECONDS) as client:
        try:
            await _loader(client, url, desks)
        except _Wrong as wrong:
            return [Finding(False, str(wrong))]
        return [
            Finding(True, f"Browsers get the widget at {url}/widget.js."),
            *[await _desk(client, url, name, desk) for name, desk in desks.items()],
        ]


async def _loader(client: httpx.AsyncClient, url: str, desks: dict[str, DeskSettings]) -> None:
    parts = urlsplit(url)
    safe = [origin for desk in desks.values() for origin in desk.origins if origin.startswith("https:")]
    if parts.scheme == "http" and parts.hostname not in _LOCAL and safe:
        raise _Wrong(
            f"server.public_url: browsers load nothing from {url} into {safe[0]}, as it is not https. Give the proxy a "
            "certificate."
        )
    response = await _asked(client, "GET", f"{url}/widget.js")
    if response.content != (FOLDER / "widget.js").read_bytes():
        raise _Wrong(f"{url}/widget.js is not this desk's: another server answers there, or a proxy keeps an old one.")


async def _desk(client: httpx.AsyncClient, url: str, name: str, desk: DeskSettings) -> Finding:
    try:
        await _shown(client, f"{url}/widget/panel?desk={name}", desk)
        for origin in desk.origins[:MOST_TRIED]:
            await _let_in(client, f"{url}/api/widget/ticket?desk={name}", origin)
    except _Wrong as wrong:
        return Finding(False, str(wrong))
    sites = ", ".join(desk.origins[:3]) + (f" and {len(desk.origins) - 3} more" if len(desk.origins) > 3 else "")
    return Finding(True, f"The widget's desk {name} is let in and may be shown on {sites}.")


async def _shown(client: httpx.AsyncClient, url: str, desk: DeskSettings) -> None:
    """Whether the sites' pages may frame the panel, after all proxies."""
    response = await _asked(client, "GET", url)
    refused = response.headers.get("x-frame-options")
    if refused:
        raise _Wrong(
            f"{url} comes with X-Frame-Options: {refused}, so that no site can show it. The desk does not send that: "
            "take it out of the proxy."
        )
    policies = response.headers.get_list("content-security-policy", split_commas=True)
    named = [found[1].split() for policy in policies if (found := _ANCESTORS.search(policy))]
    if not named:
        raise _Wrong(f"{url} comes without the desk's Content-Security-Policy: have the proxy pass the header on.")
    for origin in desk.origins:
        if any(origin not in allowed for allowed in named):
            raise _Wrong(
                f"The Content-Security-Policy of {url} does not let {origin} show it: start the desk anew if the "
                "setting is new; else the proxy adds a policy of its own."
            )


async def _let_in(client: httpx.AsyncClient, url: str, origin: str) -> None:
    """Whether a page of the site gets its ticket."""
    response = await _asked(client, "POST", url, {"Origin": origin})
    if response.headers.get("access-control-allow-origin") != origin:
        raise _Wrong(
            f"{url} answers without Access-Control-Allow-Origin: {origin}, so that browsers keep the answer from the "
            "page: have the proxy pass the header on as it is."
        )


async def _asked(
    client: httpx.AsyncClient, method: str, url: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    try:
        response = await client.request(method, url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _Wrong(
            f"{url} cannot be reached from here: {error or type(error).__name__}. Start the desk and its proxy."
        ) from error
    if response.status_code != 200:
        origin = f" for {headers['Origin']}" if headers else ""
        raise _Wrong(f"{url} answers{origin} with status {response.status_code} instead of 200: see the proxy.")
    return response
