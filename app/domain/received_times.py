"""Times for measurements that bring none: when they were received, never the same twice."""

from collections import OrderedDict


class ReceivedTimes:
    """The last time given to each sensor. At `capacity` sensors the one not heard of for longest is
    forgotten: by then the clock has moved on.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._last_ms: OrderedDict[tuple[str, str], int] = OrderedDict()

    def next_ms(self, tenant: str, sensor_id: str, now_ms: int) -> int:
        """`now_ms`, or the millisecond after the last one given to this sensor."""
        sensor = (tenant, sensor_id)
        time_ms = max(now_ms, self._last_ms.get(sensor, 0) + 1)
        self._last_ms[sensor] = time_ms
        self._last_ms.move_to_end(sensor)
        if len(self._last_ms) > self._capacity:
            self._last_ms.popitem(last=False)
        return time_ms
