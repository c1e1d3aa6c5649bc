#!/bin/sh
# Gives each service's SQL files the names under which golang-migrate counts them:
#   migrations.sh CATALOG/services SQL_FOLDER TARGET
# TARGET/<service>/NNNNNN_<name>.up.sql, in the order of `schema_files`. Runs while the image is built.
set -eu
catalog=$1 sql=$2 target=$3
for file in "$catalog"/*.yaml; do
  service=$(basename "$file" .yaml) number=0
  for name in $(sed -n 's/^schema_files: *\[\([^]]*\)\].*$/\1/p' "$file" | tr ',' ' '); do
    number=$((number + 1))
    mkdir -p "$target/$service"
    cp "$sql/$name.sql" "$target/$service/$(printf %06d "$number")_$name.up.sql"
  done
  if [ "$number" -eq 0 ] && grep -q '^schema_files:' "$file"; then
    echo "$file: schema_files is not one line of the form [a, b]; write it so" >&2
    exit 1
  fi
done
