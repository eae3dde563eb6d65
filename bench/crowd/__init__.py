"""Thousands of dashboards in one process of their own, as light as Python has them."""
