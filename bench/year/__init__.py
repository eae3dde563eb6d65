"""A year of 50 sensors at a minute, 26 million rows, straight into a store's tables.

In the order in which they would have come in, so that what is on the disk is as large and as
scattered as a grown one; a day at a time, in bounded memory. The means are made by the store's own
upkeep.
"""
