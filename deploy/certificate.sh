#!/bin/sh
# Let's Encrypt's certificate for SERVER_NAME, or its renewal once it is due, put into CERTS_DIR.
#
# To be run twice a day; it does nothing while there is nothing to do. nginx answers the authority from
# CERTS_DIR/challenges. What follows on the line goes to certbot (--dry-run for a trial).
set -eu
umask 077
: "${SERVER_NAME:?is not set}" "${CERTS_DIR:?is not set}"
home=$CERTS_DIR/letsencrypt
mkdir -p "$home"
(umask 022 && mkdir -p "$CERTS_DIR/challenges")

certbot certonly --non-interactive --agree-tos --register-unsafely-without-email --quiet \
    --webroot --webroot-path "$CERTS_DIR/challenges" --domain "$SERVER_NAME" \
    --cert-name gateway --key-type ecdsa --keep-until-expiring \
    --config-dir "$home" --work-dir "$home/work" --logs-dir "$home/log" --max-log-backups 20 "$@"

# Compared with what is served, not hooked to the renewal: what failed here is made good next time.
live=$home/live/gateway
put() {
    cat "$live/$1" >"$CERTS_DIR/.$2.new"
    chmod "$3" "$CERTS_DIR/.$2.new"
    mv -f "$CERTS_DIR/.$2.new" "$CERTS_DIR/$2"
}
if [ -e "$live/fullchain.pem" ] && ! cmp -s "$live/fullchain.pem" "$CERTS_DIR/server.crt"; then
    put privkey.pem server.key 0600 # before its certificate, on whose change nginx loads both
    put fullchain.pem server.crt 0644
fi
