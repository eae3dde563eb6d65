"""The reckoning finds what it is there to find."""

from tests.chaos.ledger import Ledger, Numbered, Seen, compare_received

ONE, TWO, THREE = (Seen(Numbered("s1", number), f"p{number}") for number in (1, 2, 3))


def ledger() -> Ledger:
    told = Ledger(sent={ONE.measurement, TWO.measurement})
    for seen in (ONE, TWO):
        told.acknowledge(seen.measurement, {"status": "stored", "position": seen.position})
    return told


def test_what_was_acknowledged_and_is_kept_once_is_no_fault() -> None:
    assert ledger().compare_kept([ONE, TWO]) == []
    assert ledger().compare_history([TWO, ONE]) == []
    assert compare_received("who", [ONE, TWO], [ONE, TWO]) == []


def test_what_is_lost_is_found() -> None:
    (lost, elsewhere) = ledger().compare_kept([ONE])
    assert "1 acknowledged but lost, as [('s1', 2)]" in lost
    assert "1 not where the receipt said" in elsewhere
    (lost,) = compare_received("who", [TWO], [ONE, TWO])
    assert "1 lost" in lost


def test_what_is_doubled_is_found() -> None:
    (doubled,) = ledger().compare_history([ONE, TWO, TWO])
    assert "1 doubled" in doubled
    (doubled,) = compare_received("who", [ONE, TWO, ONE], [ONE, TWO])
    assert "1 doubled" in doubled


def test_what_nobody_sent_or_nobody_is_owed_is_found() -> None:
    (strange,) = ledger().compare_history([ONE, TWO, THREE])
    assert "1 never sent" in strange
    (strange,) = compare_received("who", [ONE, TWO, THREE], [ONE, TWO])
    assert "1 not its own" in strange


def test_another_order_is_found() -> None:
    assert compare_received("who", [TWO, ONE], [ONE, TWO]) == ["who: out of order"]
