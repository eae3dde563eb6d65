"""A client of an IAQverse Gateway, for devices, services and whoever listens."""

from iaqverse.device import Device
from iaqverse.publisher import Publisher
from iaqverse.sender import TokenRefusedError
from iaqverse.subscriber import Subscriber, SubscriptionEndedError

__all__ = ["Device", "Publisher", "Subscriber", "SubscriptionEndedError", "TokenRefusedError"]
