"""The certificate that a device showed to nginx, which verified it.

nginx sets the header on every listener, to nothing where none was verified; over the unix socket
nobody but nginx reaches the gateway. On a TCP listener it is a client's word and is ignored.
"""

from urllib.parse import unquote

from starlette.requests import HTTPConnection

from app.errors import UnauthenticatedError
from auth.certificates import name_of

HEADER = "x-client-certificate"


def shown_by(connection: HTTPConnection) -> str | None:
    """By what name it would be registered. Raise `UnauthenticatedError` for what is none."""
    headers = connection.headers.getlist(HEADER) if connection.client is None else []
    if not headers:
        return None
    try:
        (escaped,) = headers
        return name_of(unquote(escaped))
    except ValueError as error:
        raise UnauthenticatedError("the certificate cannot be read") from error
