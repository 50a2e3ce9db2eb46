#!/usr/bin/env bash
# Installs fakegraph into an environment of its own, starts it, and tells the steps that follow where it is.
set -euo pipefail

home="${RUNNER_TEMP:-$(mktemp -d)}/fakegraph"
mkdir -p "$home"
if [ ! -x "$home/venv/bin/fakegraph" ]; then
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check "${INPUT_PACKAGE:-$ACTION/../../..}"
fi

ready="$home/ready.json"
rm -f "$ready"
# Options are words between spaces, as in the workflow's file.
read -r -a options <<<"${INPUT_OPTIONS:-}" || true
nohup "$home/venv/bin/fakegraph" serve --port "${INPUT_PORT:-8365}" --log-level warning --ready-file "$ready" \
    ${options[@]+"${options[@]}"} >"$home/out.log" 2>"$home/err.log" </dev/null &
pid=$!

for _ in $(seq 600); do
    [ -s "$ready" ] && break
    if ! kill -0 "$pid" 2>/dev/null; then
        echo "::error::fakegraph does not start: $(tr '\n' ' ' <"$home/err.log")"
        exit 1
    fi
    sleep 0.1
done
[ -s "$ready" ] || { echo "::error::fakegraph does not answer after a minute"; exit 1; }

# The command alone goes on the PATH: the steps that follow keep their own python.
mkdir -p "$home/bin"
ln -sf "$home/venv/bin/fakegraph" "$home/bin/fakegraph"
"$home/venv/bin/python" - "$ready" "$home/bin" <<'PYTHON'
import json, os, sys

ready, commands = json.load(open(sys.argv[1])), sys.argv[2]
with open(os.environ["GITHUB_OUTPUT"], "a") as outputs, open(os.environ["GITHUB_ENV"], "a") as variables:
    print(f"url={ready['url']}", file=outputs)
    print(f"FAKEGRAPH_URL={ready['url']}", file=variables)
    if ready["ca"]:
        print(f"ca={ready['ca']}", file=outputs)
        print(f"FAKEGRAPH_CA={ready['ca']}", file=variables)
with open(os.environ["GITHUB_PATH"], "a") as path:
    print(commands, file=path)
print(f"fakegraph listening on {ready['url']}")
PYTHON
