"""One device's conversation: measurements in frames, each frame answered by its id."""

from dataclasses import dataclass

from app.errors import TooLargeError
from app.protocol.commands import DEVICE, Deliver, Ping
from app.protocol.conversation import (
    Authenticate,
    Close,
    Conversation,
    Expiring,
    Heartbeat,
    Send,
    answer,
)
from app.protocol.depth import check_depth


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the measurements; then answer `ack`, or `Conversation.complain` where none was kept."""

    measurements: list[bytes]
    identifier: object

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(map(len, self.measurements))


Effect = Send | Keep | Close | Heartbeat | Expiring | Authenticate


class DeviceSession(Conversation):
    """Its frames have no rate of their own: measurements have, and small frames the frame budget of
    `app.transport.budget`.
    """

    __slots__ = ()

    vocabulary = DEVICE

    def _obey(self, command: Deliver | Ping) -> list[Effect]:
        if isinstance(command, Ping):
            return [Send(answer("pong", command.id))]
        rules = self._rules
        if len(command.measurements) > rules.max_batch:
            raise TooLargeError(f"a batch has at most {rules.max_batch} measurements")
        measurements = [bytes(each) for each in command.measurements]
        for each in measurements:
            check_depth(each, rules.max_depth - 1)  # as an item of an array that is posted
        return [Keep(measurements, command.id)]
