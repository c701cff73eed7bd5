#!/bin/sh
# Start nats-server with a password that stands in a file and nowhere else: `start.sh NAME`.
set -eu
name=$1
topology=${NATS_TOPOLOGY:-single}
if [ "$name" != nats ] && [ "$topology" != cluster ]; then
  echo "$name is one of three: add --env-file deploy/compose/cluster.env" >&2
  exit 64
fi
secret=$(cat /run/secrets/nats_password)
export NATS_USER='"gl003"' NATS_PASSWORD="\"$secret\"" NATS_NAME="\"$name\""
export NATS_ROUTE_1="\"nats://gl003:$secret@nats:6222\"" NATS_ROUTE_2="\"nats://gl003:$secret@nats-2:6222\"" \
  NATS_ROUTE_3="\"nats://gl003:$secret@nats-3:6222\""
exec nats-server --config "/etc/nats/$topology.conf"
