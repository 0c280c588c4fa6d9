"""A web address as alarm hook: the alarm is sent there as JSON by POST.

Rule 1: only https, or http on this machine. The path may hold a token, so no log line or error shows more than the host.
Rule 2: what comes back is not read, only its status; a redirect is not followed.
"""

import asyncio
import ipaddress
import logging
import re
import ssl
from collections.abc import Mapping

import httpx

from ivr.alarms.delivery import HookFailed
from ivr.errors import SettingsError

TALKATIVE = ("httpx", "httpcore")
"""Libraries whose log lines below `warning` show the whole address."""

HOST = re.compile(r"[A-Za-z0-9.:-]+")
"""A name (international ones in their ASCII form) or an address."""


class WebHook:
    """Posts each alarm to `url`; it has `seconds` for it. Raises SettingsError if the address may not be used."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = _checked(url)
        self._seconds = seconds
        # The certificates that this machine trusts, so that a town's own authority works as everywhere else on it.
        self._trusted: ssl.SSLContext | bool = ssl.create_default_context() if self._url.scheme == "https" else False
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)

    @property
    def name(self) -> str:
        """Give the host."""
        return f"web {self._url.host}"

    async def send(self, alarm: Mapping[str, str]) -> None:
        """Post the alarm. Raises HookFailed."""
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client() as client,
                client.stream("POST", self._url, json=dict(alarm)) as answer,
            ):
                status = answer.status_code
        except TimeoutError as error:
            raise HookFailed(f"no answer within {self._seconds:g} s") from error
        except httpx.HTTPError as error:
            raise HookFailed(f"{type(error).__name__}; is it up, and does this machine trust it?") from error
        if not 200 <= status < 300:
            raise HookFailed(f"it answered with status {status}")

    def _client(self) -> httpx.AsyncClient:
        """Give a client for one alarm: they are rare, and a kept connection would be dead by the next."""
        return httpx.AsyncClient(verify=self._trusted, trust_env=False, timeout=self._seconds)


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        raise SettingsError("IVR_ALARM_URL is no address; write it as https://host/path") from None
    if not HOST.fullmatch(url.raw_host.decode()) or url.scheme not in ("http", "https"):
        raise SettingsError("IVR_ALARM_URL needs a host and begins with https:// (or http:// on this machine)")
    if url.scheme == "http" and not _here(url.host):
        raise SettingsError(
            f"IVR_ALARM_URL would send alarms to {url.host} unencrypted; use https, or a program on this machine"
        )
    return url


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
