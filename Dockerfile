# Two images: `gateway` runs the application, `edge` is nginx with the pages. Tags, no digests: pin
# those of the images you have verified.

FROM python:3.13-slim-trixie AS packages
COPY requirements-traces.lock /tmp/requirements.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip

FROM python:3.13-slim-trixie AS gateway
# pg_dump for `backup`, of the database's release or later: Debian 13 has 17. No version is pinned,
# since Debian keeps one of it, the newest patch.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATE_DIR=/var/lib/iaqverse \
    CERTS_DIR=/etc/iaqverse/certs \
    GATEWAY_SOCKET=/run/gateway/gateway.sock
# Volumes take their owner from these folders when they are first used.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/iaqverse /run/gateway /etc/iaqverse/certs \
    && install -d -m 0755 -o 10001 -g 10001 /etc/iaqverse/nginx
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/iaqverse
COPY auth auth
COPY nginx nginx
COPY app app
COPY clients/python/iaqverse iaqverse
RUN python -m compileall -q app auth
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "app", "serve"]

FROM nginx:1.30-bookworm AS edge
COPY frontend /srv/iaqverse/frontend
COPY deploy/with_reload.sh /srv/iaqverse/with_reload.sh
USER 10001:10001
STOPSIGNAL SIGQUIT
CMD ["/srv/iaqverse/with_reload.sh", "/etc/iaqverse/certs/server.crt", \
     "nginx", "-p", "/run/nginx/", "-c", "/etc/iaqverse/nginx/nginx.conf", "-e", "/dev/stderr"]
