#!/bin/sh
# with_reload.sh FILE COMMAND...: runs COMMAND in this process, and sends it SIGHUP when FILE changes.
#
# So nginx takes over a certificate within a minute, whoever renewed it. It looks every RELOAD_EVERY
# seconds; a file that is away for a moment has not changed.
set -eu
file=$1
shift

watch() {
    seen=$2
    while sleep "${RELOAD_EVERY:-60}" && kill -0 "$1" 2>/dev/null; do
        now=$(cksum 2>/dev/null <"$file") || continue
        [ "$now" = "$seen" ] && continue
        seen=$now
        kill -HUP "$1"
    done
}

watch $$ "$(cksum <"$file")" &
exec "$@"
