#!/bin/sh
# Make the passwords that docker-compose.yml mounts as files; what is there stays.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder" # nobody else comes in; the files are readable, because containers read them as users of their own
for name in nats_password grafana_password console_token console_operator_token; do
  [ -s "$folder/$name" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$folder/$name"
  chmod 644 "$folder/$name"
done
