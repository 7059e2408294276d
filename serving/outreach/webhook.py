"""Notices to chat or ticket systems: signed, tried again while the receiver is down, without a word about anyone.

Every request carries `Respite-Signature: t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 with the shared secret over
`SECONDS.BODY` (`verify` is what a receiver does), and `Respite-Delivery`, which is the same when a notice comes again.
"""

import hashlib
import hmac
import http.client
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from features.errors import ConfigError, RespiteError

__all__ = [
    "DELIVERY", "SECRET_VARIABLE", "SIGNATURE", "URL_VARIABLE", "Notice", "Receiver", "UndeliveredError", "deliver",
    "sign", "verify",
]  # fmt: skip

URL_VARIABLE, SECRET_VARIABLE = "RESPITE_WEBHOOK_URL", "RESPITE_WEBHOOK_SECRET"
SIGNATURE, DELIVERY = "Respite-Signature", "Respite-Delivery"
_LEAST_SECRET = 32
_TIMEOUT_S = 10.0
_TRIES = 5
_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class Notice(BaseModel):
    """All that a notice can say: which offer, until when, and whose turn it is.

    No score, band, probability or reason fits: there is no field for free text or for a fraction. Whom it is about, the
    reader asks Respite by the offer's number or reference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["offer", "overdue"]
    offer: int = Field(ge=1)
    reference: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    desk: Literal["manager", "wellbeing partner"]
    due_on: date
    text: Literal["A conversation about support is planned.", "A conversation about support is overdue."]


class UndeliveredError(RespiteError):
    """A notice did not arrive; `status` is what the receiver answered, None where there was no answer."""

    def __init__(self, message: str, status: int | None, tries: int) -> None:
        super().__init__(message)
        self.status, self.tries = status, tries

    @property
    def refused(self) -> bool:
        """Whether the receiver is there and does not want it, so that more tries are of no use."""
        return self.status is not None and self.status < 500


@dataclass(frozen=True)
class Receiver:
    """Where notices go: an https address (http on 127.0.0.1 only), and the secret that signs them.

    Raises
    ------
    ConfigError
        The address is another one, or the secret has fewer than 32 letters.
    """

    url: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _private(self.url):
            host = re.sub(r".*@|[/?#].*", "", self.url.partition("://")[2])
            raise ConfigError(f"{URL_VARIABLE}, host {host!r}: write https://HOST/PATH; http is for 127.0.0.1 alone.")
        if len(self.secret) < _LEAST_SECRET:
            raise ConfigError(f"{SECRET_VARIABLE} has {len(self.secret)} letters; at least {_LEAST_SECRET} are wanted.")

    @classmethod
    def of(cls, environ: Mapping[str, str], url: str | None = None) -> Self:
        """The receiver that the environment names; `url` instead of the one there.

        Raises
        ------
        ConfigError
            Address or secret is missing, or not valid.
        """
        address, secret = url or environ.get(URL_VARIABLE), environ.get(SECRET_VARIABLE)
        for name, value in ((URL_VARIABLE, address), (SECRET_VARIABLE, secret)):
            if not value:
                raise ConfigError(f"{name} is not set; docs/outreach.md says how notices are signed and sent.")
        return cls(str(address), str(secret))


def sign(secret: str, body: bytes, at: int) -> str:
    """The signature's header for a body; `at` in seconds since 1970.

    Examples
    --------
    >>> sign("a secret that the receiver knows too", b"{}", 1767600000)[:16]
    't=1767600000,v1='
    """
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def verify(secret: str, header: str, body: bytes, now: int, tolerance_s: int = 300) -> bool:
    """Whether a body is from who holds the secret, and signed within the tolerance: what a receiver checks.

    Compares in constant time, so that nobody can guess a signature letter by letter.
    """
    found = _HEADER.fullmatch(header)
    if found is None:
        return False
    at = int(found[1])
    return hmac.compare_digest(sign(secret, body, at), header) and abs(now - at) <= tolerance_s


def deliver(
    receiver: Receiver, notice: Notice, delivery: str, *, clock: Callable[[], datetime],
    sleep: Callable[[float], None], tries: int = _TRIES,
) -> int:  # fmt: skip
    """Post a notice until it is taken: 1, 2, 4, ... seconds apart while there is no answer or one of 500 and above.

    Returns
    -------
    int
        How many tries it took.

    Raises
    ------
    UndeliveredError
        It was refused (an answer below 500 that is not 2xx; redirects are not followed), or no try got through.
    """
    body = notice.model_dump_json().encode()
    said, status = "", None
    for number in range(1, tries + 1):
        headers = {
            "Content-Type": "application/json",
            DELIVERY: delivery,
            SIGNATURE: sign(receiver.secret, body, int(clock().timestamp())),
        }
        try:
            status = _post(receiver.url, body, headers)
            said = f"it answered {status}"
        except (OSError, http.client.HTTPException) as error:
            status, said = None, f"it did not answer: {type(error).__name__}"
        if status is not None and 200 <= status < 300:
            return number
        if status is not None and status < 500:
            break
        if number < tries:
            sleep(2.0 ** (number - 1))
    host = urlsplit(receiver.url).hostname
    raise UndeliveredError(f"notice {delivery} to {host}: {said} (tries: {number}); it is kept.", status, number)


def _private(url: str) -> bool:
    """Whether nobody on the way can read what goes there, and the address holds no password and no fragment."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return False
    here = scheme == "http" and host == "127.0.0.1"
    return bool((scheme == "https" or here) and host and port != 0 and "@" not in parts.netloc and not parts.fragment)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer; nothing else of it is read."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=_TIMEOUT_S)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
