"""What is wrong with the certificate that stands in a folder."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from app.edge.certificate import ALARMING, read_life
from app.stack.certificate_forms import is_ours, leaf_names
from app.stack.names import is_address, is_local


def mistakes(folder: Path, server_name: str) -> Iterator[str]:
    """Of the operator's own, as sentences; ours are made and mended at the next start."""
    chain, key = folder / "server.crt", folder / "server.key"
    if not chain.exists():
        return
    try:
        leaf = x509.load_pem_x509_certificate(chain.read_bytes())
        if is_ours(leaf):
            return
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=b"")
    except FileNotFoundError:
        yield f"{key} is missing"
    except PermissionError:
        yield f"{chain} or {key} cannot be read by this user"
    except ValueError:
        yield f"{chain} is no certificate in PEM"
    except ssl.SSLError:
        yield f"{key} is not the key of {chain}, or is locked with a password"
    else:
        yield from _for_clients(leaf, chain, server_name.lower())


def warnings(folder: Path, server_name: str, now: float) -> Iterator[str]:
    """An expired one among them: nginx has to start with it for an authority to renew it."""
    chain = folder / "server.crt"
    life = read_life(chain)
    if life and life.ends <= now:
        yield f"{chain} has expired"
    elif life and life.left(now) < ALARMING:
        yield (
            f"{chain} ends in {life.days_left(now):.0f} days, less than a third of its life: "
            "it should have been renewed"
        )
    made_here = is_ours(_read(chain)) if life else not chain.exists()
    if made_here and not is_local(server_name):
        yield f"the certificate for {server_name} is the development authority's: browsers warn"


def _for_clients(leaf: x509.Certificate, chain: Path, server_name: str) -> Iterator[str]:
    names = leaf_names(leaf)
    parent = f"*.{server_name.partition('.')[2]}"  # RFC 9525, 6.3: a wildcard is one label
    if server_name not in names and (is_address(server_name) or parent not in names):
        yield f"{chain} is not for {server_name}"


def _read(chain: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(chain.read_bytes())
