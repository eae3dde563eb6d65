"""What the gateway's answer to a POST says about each measurement in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any, Literal, TypeVar

from iaqverse.link import Reply, error_code

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    status: Literal["stored", "duplicate", "refused", "held_back"]
    code: str = ""
    """Of the refusal."""
    message: str = ""
    """For people, as the gateway says it."""
    retry_after: float = 0.0
    """Seconds after which what a limit held back may be sent again."""


def verdicts(count: int, reply: Reply) -> list[Verdict]:
    """One for each of `count` items, whatever the answer looks like."""
    if not reply.ok:
        return [Verdict("refused", reply.code, _message(reply.body))] * count
    return list(islice(_results(count, reply.body), count))


def held_back(items: Sequence[T], decided: Sequence[Verdict]) -> list[T]:
    """Those that are to be sent again."""
    both = zip(items, decided, strict=True)
    return [item for item, verdict in both if verdict.status == "held_back"]


def _results(count: int, body: Any) -> Iterator[Verdict]:
    results: Any = body.get("results") if isinstance(body, dict) else None
    if count == 1 and results is None:
        results = [body]
    if isinstance(results, list):
        yield from map(_verdict, results)
    yield from repeat(Verdict("refused", "unclear_answer"))


def _verdict(result: Any) -> Verdict:
    status = result.get("status") if isinstance(result, dict) else None
    if status in {"stored", "duplicate"}:
        return Verdict(status)
    error = result.get("error") if isinstance(result, dict) else None
    seconds = error.get("retry_after") if isinstance(error, dict) else None
    if isinstance(seconds, int | float):
        return Verdict("held_back", retry_after=seconds)
    return Verdict("refused", error_code(result) or "unclear_answer", _message(result))


def _message(body: Any) -> str:
    """With the field that it is about, where one is named."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    said = (error.get(name) for name in ("field", "message"))
    return ": ".join(text for text in said if isinstance(text, str))
