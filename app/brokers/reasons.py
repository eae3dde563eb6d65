"""Why a broker does not answer, in words for its operator; none of what it was sent or answered."""

import socket
import ssl

from redis.exceptions import AuthenticationError, NoPermissionError, OutOfMemoryError

_WORDS: dict[type[BaseException], str] = {
    AuthenticationError: "it refuses the user or the password",
    NoPermissionError: "the user may not do all that a gateway does",
    OutOfMemoryError: "it keeps nothing more: its memory is full",
    socket.gaierror: "there is no such host",
    ConnectionRefusedError: "nobody listens there",
    ConnectionResetError: "it closes the connection: with TLS it may want a certificate",
    FileNotFoundError: "the socket or a file of the URL is not there",
    TimeoutError: "nothing comes in time",
}


def reason(error: BaseException) -> str:
    """By the first error of the chain that says why; the client wraps what happened to it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is refused: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS fails: {cause.reason}"
        for kind, words in _WORDS.items():
            if isinstance(cause, kind):
                return words
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
