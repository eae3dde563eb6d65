"""`Selection.matches` as SQL over notices; a test holds the two against each other."""

from collections.abc import Iterable

from app.protocol.topics import ALL, Grant, Selection, TopicFilter

Parameters = list[object]


def selected(selection: Selection) -> tuple[str, Parameters]:
    """A condition and its parameters, each written `?`."""
    chosen, parameters = _any_of(selection.chosen)
    granted, more = _granted(selection.grant)
    return f"({chosen}) AND ({granted})", [*parameters, *more]


def _granted(grant: Grant) -> tuple[str, Parameters]:
    condition, parameters = ("1 = 1", []) if grant.topics is None else _any_of(grant.topics)
    if grant.sensors is None:
        return condition, parameters
    named = ", ".join("?" * len(grant.sensors))
    listed = f"sensor_id IN ({named})" if named else "1 = 0"
    return f"({condition}) AND {listed}", [*parameters, *sorted(grant.sensors)]


def _any_of(filters: Iterable[TopicFilter]) -> tuple[str, Parameters]:
    conditions: list[str] = []
    parameters: Parameters = []
    for chosen in filters:
        topic = None if chosen.name == ALL else chosen.name
        columns = {"topic": topic, "enseigne": chosen.enseigne, "salle": chosen.salle}
        named = {column: value for column, value in columns.items() if value is not None}
        conditions.append(" AND ".join(f"{column} = ?" for column in named) or "1 = 1")
        parameters.extend(named.values())
    return " OR ".join(conditions) or "1 = 0", parameters
