"""A peer that asks and does not read the answers: what it has asked already waits for it."""

import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, WebSocket

from app.transport.upgrade import hand_over
from tests.transport.ws_peer import Peer, masked
from tests.transport.ws_server import LOOPS, PATIENCE, LoopFactory, Recorder, serve

ANSWER = b"x" * 60_000
HIGH_WATER = 65_536
QUESTIONS = 100


class Answering(Recorder):
    """Answers each text with a large one that ends with it."""

    def text_received(self, text: str) -> None:
        super().text_received(text)
        self.connection.send_text(ANSWER + text.encode())


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[Peer, Answering]]:
    """A peer that has asked all its questions in one go, and who hears them."""
    factory: LoopFactory = request.param
    answering, app = Answering(), FastAPI()

    @app.websocket("/ws")
    async def route(websocket: WebSocket) -> None:
        await websocket.accept()
        answering.connection = hand_over(websocket.scope, answering)

    with serve(app, factory) as server, Peer(server.port, receive_buffer=4_096) as peer:
        peer.open()
        peer.send(b"".join(masked(0x81, b"%03d" % number) for number in range(QUESTIONS)))
        yield peer, answering


def wait_until_it_is_full(answering: Answering) -> None:
    end = time.monotonic() + PATIENCE
    assert answering.next() == ("text", "000")
    while not answering.connection.paused:
        assert time.monotonic() < end
        time.sleep(0.002)


def test_its_answers_are_bounded_however_much_it_asked_at_once(
    asked: tuple[Peer, Answering],
) -> None:
    _, answering = asked
    wait_until_it_is_full(answering)
    held = answering.connection._transport.get_write_buffer_size()
    assert held < HIGH_WATER + 2 * len(ANSWER)
    assert answering.heard.qsize() < QUESTIONS - 1


def test_the_rest_is_answered_in_order_as_it_reads(asked: tuple[Peer, Answering]) -> None:
    peer, answering = asked
    wait_until_it_is_full(answering)
    header = 4
    for number in range(QUESTIONS):
        answer = peer.read(header + len(ANSWER) + 3)
        assert answer[-3:] == b"%03d" % number


def test_a_close_behind_its_questions_is_heard_after_them(asked: tuple[Peer, Answering]) -> None:
    peer, answering = asked
    wait_until_it_is_full(answering)
    peer.send(masked(0x88, b"\x03\xe8"))
    ending = peer.read_to_end()
    assert ending.endswith(b"099\x88\x02\x03\xe8")
    peer.socket.close()
    assert answering.closing() == ("closed", 1000, True)
