"""The store for one machine or more: PostgreSQL, chosen by `DATABASE_URL`."""
