import socket

import pytest

from app.server import tcp_listener


def test_an_address_may_be_of_either_family() -> None:
    for address, family in (("127.0.0.1:0", socket.AF_INET), ("[::1]:0", socket.AF_INET6)):
        try:
            listener = tcp_listener(address)
        except OSError as error:
            if family is socket.AF_INET6:
                pytest.skip(f"no IPv6 here: {error}")
            raise
        with listener:
            assert listener.family is family
