"""Request bodies, bounded before they are held."""

from starlette.requests import Request

from app.errors import TooLargeError, UnsupportedMediaTypeError
from app.protocol.depth import check_depth
from app.settings import Settings


async def json_body(request: Request, settings: Settings) -> bytes:
    """Raise `UnsupportedMediaTypeError`, `TooLargeError` or `TooDeepError`; it is not parsed."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or "content-encoding" in request.headers:
        raise UnsupportedMediaTypeError("send application/json, not encoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > settings.max_body_bytes:
            raise TooLargeError(f"a body has at most {settings.max_body_bytes} bytes")
    content = bytes(body)
    check_depth(content, settings.max_json_depth)
    return content
