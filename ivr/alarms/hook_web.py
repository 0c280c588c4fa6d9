"""A web address as alarm hook: the alarm is sent there as JSON by POST.

Rule 1: only https, or http on this machine. The path may hold a token, so no log line or error shows more than the host.
Rule 2: what comes back is not read, only its status; a redirect is not followed.
"""

import asyncio
import ipaddress
import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from ivr.alarms.delivery import HookFailed
from ivr.errors import SettingsError

TALKATIVE = ("httpx", "httpcore")
"""Libraries whose log lines below `warning` show the whole address."""

HOST = re.compile(r"[A-Za-z0-9.:-]+")
"""A name (international ones in their ASCII form) or an address."""

logger = logging.getLogger(__name__)


class WebHook:
    """Posts each alarm to `url`; it has `seconds` for it. `authority` is a PEM file with who signed the address' certificate.

    Raises SettingsError if the address may not be used. An authority that cannot be read is said and asked for again with each
    alarm: a missing file must not keep an emergency line's engine from starting.
    """

    def __init__(self, url: str, seconds: float, authority: Path | None = None) -> None:
        self._url = _checked(url)
        self._seconds = seconds
        self._authority = authority
        # Without an authority the certificates that this machine trusts count, read once: there are hundreds.
        https = self._url.scheme == "https"
        self._trusted: ssl.SSLContext | bool = ssl.create_default_context() if https and authority is None else False
        try:
            self._trust()
        except HookFailed as error:
            logger.error("alarms will not reach %s: %s", self.name, error, extra={"action": "alarm_hook_broken"})
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
            raise HookFailed(_why(error)) from error
        if not 200 <= status < 300:
            raise HookFailed(f"it answered with status {status}")

    def _client(self) -> httpx.AsyncClient:
        """Give a client for one alarm: they are rare, and a kept connection would be dead by the next."""
        return httpx.AsyncClient(verify=self._trust(), trust_env=False, timeout=self._seconds)

    def _trust(self) -> ssl.SSLContext | bool:
        """Give whose signatures count. Raises HookFailed if the named authority cannot be read."""
        if self._authority is None or self._url.scheme == "http":
            return self._trusted
        try:
            return ssl.create_default_context(cafile=self._authority)
        except ssl.SSLError:
            reason = "there is no certificate in it"
        except OSError as error:
            reason = error.strerror or type(error).__name__
        raise HookFailed(
            f"IVR_ALARM_URL_CA names {self._authority}: {reason}; "
            "it must be a PEM file with the certificate of who signed that of the address"
        )


def _why(error: httpx.HTTPError) -> str:
    """Tell what to do next. The certificate's own words hold no path and no token."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is refused ({cause.verify_message}); "
                "if your own authority signed it, name its certificate in IVR_ALARM_URL_CA"
            )
        if isinstance(cause, ssl.SSLError):
            return f"no TLS with it ({cause.reason}); does it speak https at this port?"
    return f"{type(error).__name__}; is it up, and can this machine reach it?"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


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
