"""A gateway as the tests start it."""

from tests.conftest import database_url, gateway, start

__all__ = ["database_url", "gateway", "start"]
