"""The load test of the whole: an hour of some buildings in minutes, with troubles in the middle."""
