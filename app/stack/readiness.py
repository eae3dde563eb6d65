"""Whether the whole way works: TLS, nginx, the socket behind it, the gateway."""

import http.client
import ssl
from pathlib import Path

LONGEST_PROBE = 2.0
_OK = 200


class Readiness:
    """Asks `/health/ready` as a client would, on this machine.

    The certificate is compared, not verified by name or date: an operator's own is for a name that
    need not lead here.
    """

    def __init__(self, port: int, chain: Path) -> None:
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._context.load_verify_locations(chain)

    def ask(self) -> str:
        """Empty when ready, else what is in the way."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=LONGEST_PROBE, context=self._context
        )
        try:
            connection.request("GET", "/health/ready")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
        return "" if status == _OK else f"/health/ready answers {status}"
