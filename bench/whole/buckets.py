"""What a gateway's histograms say about the time between two looks."""

from collections.abc import Mapping, Sequence

Buckets = Mapping[float, float]
"""By upper bound in seconds, how many took at most so long."""


def since(now: Buckets, before: Buckets) -> dict[float, float]:
    """Of a gateway that was started anew, what it counted since."""
    grown = {bound: count - before.get(bound, 0.0) for bound, count in now.items()}
    return dict(now) if any(count < 0 for count in grown.values()) else grown


def together(parts: Sequence[Buckets]) -> dict[float, float]:
    bounds = {bound for part in parts for bound in part}
    return {bound: sum(part.get(bound, 0.0) for part in parts) for bound in sorted(bounds)}


def quantile(buckets: Buckets, share: float) -> float:
    """Seconds, as Prometheus reckons it: evenly spread within a bucket; 0 where nothing was."""
    ordered = sorted(buckets.items())
    wanted = share * ordered[-1][1] if ordered else 0.0
    lower, below = 0.0, 0.0
    for bound, count in ordered:
        if count >= wanted > 0:
            if bound == float("inf"):
                break
            return lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return lower if wanted else 0.0
