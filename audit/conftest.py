"""A gateway as the tests start it."""

from tests.conftest import database_url, gateway, postgres, postgres_programs, redis_7, start

__all__ = ["database_url", "gateway", "postgres", "postgres_programs", "redis_7", "start"]
