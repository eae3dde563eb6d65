"""Every close code the gateway sends or a client may see, and what a client does about it.

The one table: the server closes by these members, and `frontend/js/transport/closes.js` holds the
same rows (a test compares them). No literal close code stands anywhere else.
"""

from enum import Enum
from typing import Literal, NamedTuple

Action = Literal["reconnect", "renew", "wait", "terminal"]


class Row(NamedTuple):
    code: int
    action: Action
    """`reconnect` with jitter, not sooner than the reason says (`retry_after=<seconds>`) where it
    does; `renew` the token first; `wait` as the reason says; `terminal`: a person has to act."""
    meaning: str


class CloseCode(Enum):
    GOING_AWAY = Row(1001, "reconnect", "the endpoint goes away (RFC 6455 §7.4.1)")
    PROTOCOL_ERROR = Row(1002, "reconnect", "a frame broke RFC 6455")
    UNSUPPORTED_DATA = Row(1003, "reconnect", "binary where text is spoken")
    INVALID_PAYLOAD = Row(1007, "reconnect", "text that is not UTF-8")
    POLICY_VIOLATION = Row(1008, "reconnect", "a flood of frames")
    MESSAGE_TOO_BIG = Row(1009, "reconnect", "a message beyond MAX_MESSAGE_BYTES")
    INTERNAL_ERROR = Row(1011, "reconnect", "a fault of the gateway's own; it is logged")
    RESTART = Row(1012, "reconnect", "the gateway restarts")
    BAD_COMMANDS = Row(4400, "terminal", "repeated bad commands")
    TOKEN_ENDED = Row(4401, "renew", "the token expired or was revoked")
    DISABLED = Row(4403, "terminal", "the tenant or the user is disabled")
    IDLE = Row(4408, "reconnect", "nothing was heard for IDLE_TIMEOUT")
    TOO_SLOW = Row(4409, "reconnect", "messages were read more slowly than they came")
    KICKED = Row(4410, "terminal", "an operator closed this connection")
    TOO_MANY_MESSAGES = Row(4429, "wait", "more messages than the limit lets through")

    @property
    def code(self) -> int:
        return self.value.code

    @property
    def label(self) -> str:
        """The name on the wire and in logs, e.g. `token_ended`."""
        return self.name.lower()


_WITHOUT_A_FRAME = {
    1005: "the client closed and did not say why",
    1006: "the connection broke, or was cut",
}
"""RFC 6455 §7.4.1: never sent, so no close code of ours."""
_MEANINGS = _WITHOUT_A_FRAME | {close.code: close.value.meaning for close in CloseCode}


def meaning_of(code: int) -> str:
    """What a code that ended a connection means, the client's own words left out."""
    return _MEANINGS.get(code, "the client closed")
