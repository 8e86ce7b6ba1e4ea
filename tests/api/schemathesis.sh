#!/bin/sh
# Holds the interface of a running node against its own description: at least 10 000 requests, made by
# schemathesis from docs/openapi.json, none of which may end in a fault of the node (5xx) or in an
# answer that the description does not allow.
#
#   pip install schemathesis
#   tests/api/schemathesis.sh                      # starts `linlid dev` on loopback
#   LINLI_API=http://127.0.0.1:8640 tests/api/schemathesis.sh   # asks a node that runs already
#
# The stream of events is left out: it never ends. Its own tests are in node/service/tests/api/events.rs.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
linlid=$(realpath "${LINLID:-$root/target/debug/linlid}")
schemathesis=${SCHEMATHESIS:-schemathesis}
examples=${EXAMPLES:-300}
seed=${SEED:-20261125}
work=$(mktemp -d)
node=

stop() {
    if [ -n "$node" ]; then
        kill "$node" 2>/dev/null || true
        wait "$node" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap stop EXIT INT TERM

api=${LINLI_API:-}
if [ -z "$api" ]; then
    [ -x "$linlid" ] || { echo "build it first: cargo build --workspace --bin linlid" >&2; exit 2; }
    # The first line says where it listens.
    mkfifo "$work/ready"
    "$linlid" dev --api 127.0.0.1:0 --admin 127.0.0.1:0 -o json >"$work/ready" 2>"$work/node.log" &
    node=$!
    api=$(head -1 "$work/ready" | sed 's/.*"api":"\([^"]*\)".*/\1/')
fi

# What it keeps for itself stays out of the repository.
cd "$work"
"$schemathesis" run "$root/docs/openapi.json" --url "$api" \
    --wait-for-schema 30 \
    --exclude-path /v1/events \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection \
    --phases examples,coverage,fuzzing \
    --max-examples "$examples" \
    --seed "$seed" \
    --generation-database none \
    --suppress-health-check all \
    --continue-on-failure \
    --report ndjson --report-dir "$work" \
    "$@" | tee "$work/said.txt"

cases=$(grep -Eo '[0-9,]+ generated' "$work/said.txt" | tr -dc '0-9' || true)
echo "cases: ${cases:-unknown}"
if [ "${cases:-0}" -lt 10000 ]; then
    echo "fewer than 10 000 cases: set EXAMPLES higher" >&2
    exit 1
fi
