"""nchan: publish and subscribe inside nginx (C). It holds recent messages in memory alone."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from app.stack.programs import find_nginx
from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, Peer, Running, certificates, one_at_a_time
from bench.running import Server
from bench.tools import installed
from tests.ports import free_port

MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
_CONFIGURATION = """\
load_module {module};
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid nginx.pid;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 10000000;
    server {{
        listen 127.0.0.1:{port} {options};
        {security}
        location = /ws {{
            nchan_subscriber websocket;
            nchan_channel_id iaq;
            nchan_subscriber_first_message newest;
        }}
        location = /publish {{
            nchan_publisher http;
            nchan_channel_id iaq;
            nchan_message_buffer_length 1024;
        }}
    }}
}}
"""


def _start(*, tls: bool) -> Callable[[Path], AbstractContextManager[Running]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Running]:
        module = installed(MODULE, "libnginx-mod-nchan")
        port, security = free_port(), ""
        if tls:
            made = certificates(folder)
            security = f"ssl_certificate {made.chain}; ssl_certificate_key {made.key};"
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                module=module, port=port, options="ssl" if tls else "", security=security
            )
        )
        nginx = find_nginx().path
        words = (nginx, "-p", f"{folder}/", "-c", configuration, "-e", folder / "error.log")
        with Server(words, folder) as it:
            it.await_port(port)
            yield _running(it, f"127.0.0.1:{port}", tls=tls)

    return start


def _running(server: Server, address: str, *, tls: bool) -> Running:
    text = wire.post("/publish", wire.message())

    publishers = Publishers(address, [text] * PUBLISHERS, tls=tls, answered=True)
    subscribers = Subscribers(address, [wire.upgrade("/ws")], tls=tls)
    return Running(server.pid, subscribers, (Feed("POST", one_at_a_time(publishers)),))


PLAIN = Peer("nchan", tls=False, start=_start(tls=False))
TLS = Peer("nchan", tls=True, start=_start(tls=True))
