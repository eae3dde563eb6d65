"""nginx, the gateway and the demo feed, run together on one machine."""
