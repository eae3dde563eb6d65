"""A dashboard as Grafana's own types read it, on the standard streams; the rest they drop.

Runs by the Python of `.tools/audit`, where those types are.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

if __name__ == "__main__":
    json.dump(Dashboard.from_json(json.load(sys.stdin)), sys.stdout, cls=JSONEncoder)
