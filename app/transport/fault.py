"""What a peer did that no rule allows."""

from app.protocol.closes import CloseCode


class ProtocolFaultError(Exception):
    """The peer broke a rule; the connection has to be failed with `code` (RFC 6455 §7.1.7)."""

    def __init__(self, close: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = close.code
        self.reason = reason
        """For the peer's developer: names the rule, repeats nothing that was received."""
