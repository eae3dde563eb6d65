"""The keys that the settings name. Apart from `keys`, since commands want no more than these."""

from app.settings import Settings
from auth.key_files import load_key_file, load_secret_file
from auth.keys import KeyRing


def key_ring(settings: Settings) -> KeyRing:
    """Raises `KeyRingError`."""
    if settings.token_secret_file:
        return load_secret_file(settings.token_secret_file)
    if settings.signing_key_file:
        return load_key_file(settings.signing_key_file)
    return KeyRing.load(settings.keys_dir)
