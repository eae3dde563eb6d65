#!/bin/sh
# Makes the passwords of the containers' database and broker, once, as files in `secrets/`.
#
# As root: each file belongs to the user of the container that reads it (999 in the images of
# PostgreSQL and Valkey, 10001 in ours).
set -eu
umask 077
mkdir -p secrets
if [ -e secrets/database_url ]; then
    echo "secrets/ is there already" >&2
    exit
fi
database=$(openssl rand -hex 24)
redis=$(openssl rand -hex 24)
printf '%s' "$database" >secrets/database_password
# Nobody without a name; the gateway may do what docs/deployment.md says, and no more.
rights='~iaqverse:* resetchannels &iaqverse:* -@all +@connection +@read +@write +@pubsub -@dangerous'
printf 'user default off\nuser gateway on >%s %s\n' "$redis" "$rights" >secrets/redis_users
printf 'postgresql://gateway:%s@database:5432/gateway' "$database" >secrets/database_url
printf 'redis://gateway:%s@redis:6379/0' "$redis" >secrets/redis_url
chown 999:999 secrets/database_password secrets/redis_users
chown 10001:10001 secrets/database_url secrets/redis_url
