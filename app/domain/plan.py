"""The floor plan of a site: rooms as rectangles on a grid, and what stands in them."""

from typing import Annotated, Literal

import msgspec

from app.domain.measurement import Name

GRID = 200
"""Cells along each side of the largest plan; a cell is as large as its author means it."""
MOST_ROOMS = 100
MOST_FIXTURES = 500

Cell = Annotated[int, msgspec.Meta(ge=0, le=GRID)]
Length = Annotated[int, msgspec.Meta(ge=1, le=GRID)]


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    salle: Name
    x: Cell
    y: Cell
    width: Length
    height: Length

    def __post_init__(self) -> None:
        """Raise ValueError for one that is not wholly on the grid."""
        if self.x + self.width > GRID or self.y + self.height > GRID:
            raise ValueError("a room ends on the grid")


class Fixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A sensor or a module at its place; a door or a window may be nothing but drawn."""

    kind: Literal["window", "door", "ventilation", "purifier", "radiator", "sensor"]
    x: Annotated[float, msgspec.Meta(ge=0, le=GRID)]
    y: Annotated[float, msgspec.Meta(ge=0, le=GRID)]
    id: Name | None = None
    """The sensor's or module's, by which it is live."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rooms: Annotated[tuple[Room, ...], msgspec.Meta(max_length=MOST_ROOMS)]
    fixtures: Annotated[tuple[Fixture, ...], msgspec.Meta(max_length=MOST_FIXTURES)] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a room that is drawn twice."""
        if len({room.salle for room in self.rooms}) < len(self.rooms):
            raise ValueError("rooms: each is drawn once")
