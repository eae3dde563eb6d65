"""Request bodies, bounded before they are held."""

from starlette.requests import Request

from app.errors import TooLargeError, UnsupportedMediaTypeError
from app.protocol.depth import check_depth
from app.settings import Settings

JSON = "application/json"
NDJSON = "application/x-ndjson"
_NAMES = {JSON: JSON, NDJSON: NDJSON, "application/ndjson": NDJSON}


def media_type(request: Request) -> str | None:
    """`JSON`, `NDJSON` (which has no registered name, and two in use), or None for any other."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _NAMES.get(stated)


async def json_body(request: Request, settings: Settings) -> bytes:
    """Raise `UnsupportedMediaTypeError`, `TooLargeError` or `TooDeepError`; it is not parsed."""
    content = await read_body(request, JSON, settings)
    check_depth(content, settings.max_json_depth)
    return content


async def read_body(request: Request, wanted: str, settings: Settings) -> bytes:
    """Raise `UnsupportedMediaTypeError` or `TooLargeError`."""
    if media_type(request) != wanted or "content-encoding" in request.headers:
        raise UnsupportedMediaTypeError(f"send {wanted}, not encoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > settings.max_body_bytes:
            raise TooLargeError(f"a body has at most {settings.max_body_bytes} bytes")
    return bytes(body)
