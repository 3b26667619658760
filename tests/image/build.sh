#!/usr/bin/env bash
# Build the image without a daemon, run it, ask it a question, and report its size.
#
# Needs root, and on Debian: apt-get install buildah debootstrap
# BASE_IMAGE: an image to start from; without it, a Debian with Python is made by debootstrap.
# Nothing is pulled from a registry of images, and the build itself has no network: its packages come from a
# folder of wheels that pip fills here.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${WORK:-$(mktemp -d)}
variant=${VARIANT:-cpu}
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

for program in buildah debootstrap; do
    command -v "$program" >/dev/null || { echo "needs $program: apt-get install $program" >&2; exit 3; }
done

base=${BASE_IMAGE:-localhost/dlstart-base}
if [ -z "${BASE_IMAGE:-}" ] && ! buildah inspect --type image "$base" >/dev/null 2>&1; then
    debootstrap --variant=minbase --include=python3,python3-venv bookworm "$work/base" >"$work/debootstrap.log"
    rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/* "$work"/base/usr/share/{doc,man,locale}/*
    empty=$(buildah from scratch)
    buildah add -q "$empty" "$work/base" /
    buildah commit -q --rm "$empty" "$base"
    rm -rf "$work/base"
fi

# The wheels must fit the image's Python; here that is Debian's, and the one that runs this script.
python=${PYTHON:-python3}
mkdir -p "$work/wheels"
[ -x "$work/venv/bin/python" ] || "$python" -m venv "$work/venv"
# async-timeout: redis asks for it below Python 3.11.3, which Debian's is and this one need not be.
"$work/venv/bin/pip" wheel -q -w "$work/wheels" "$(grep '^torch==' "$root/constraints.txt")" 'setuptools>=80' wheel async-timeout
"$work/venv/bin/pip" wheel -q -w "$work/wheels" -c "$root/constraints.txt" "$root[torch,postgres,redis,slack,otel]"
rm -f "$work"/wheels/dlstart-*.whl

buildah build -q --format docker -t "localhost/dlstart:$variant" \
    --build-arg BASE_IMAGE="$base" --build-arg VARIANT="$variant" \
    --build-arg PIP_ARGS="--no-index --find-links=/wheels" \
    --volume "$work/wheels:/wheels:ro" "$root"

size=$(buildah inspect --type image --format '{{.Manifest}}' "localhost/dlstart:$variant" |
    "$python" -c 'import json, sys; print(sum(layer["size"] for layer in json.load(sys.stdin)["layers"]) // 2**20)')
echo "image: $size MiB"

container=$(buildah from --pull-never "localhost/dlstart:$variant")
trap 'buildah rm "$container" >/dev/null' EXIT
buildah run --user 10001 "$container" -- dlstart ask "how do I start deep learning?" | tee "$work/answer.txt"
grep -q "CS231n" "$work/answer.txt"
# Two turns with the container's own folder for its state: the second one leans on the first, and nothing is said of the
# database. With an endpoint for traces, as operators inject it, the service starts too.
buildah run --user 10001 --env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 "$container" -- python3 -c '
import json, subprocess, time, urllib.request as u
service = subprocess.Popen(["dlstart", "serve", "--port", "8123"], stderr=subprocess.PIPE, text=True)
def ask(**body):
    headers = {"Content-Type": "application/json"}
    return json.load(u.urlopen(u.Request("http://127.0.0.1:8123/v1/ask", json.dumps(body).encode(), headers)))
for _ in range(240):
    try:
        u.urlopen("http://127.0.0.1:8123/readyz")
        break
    except OSError:
        time.sleep(0.5)
first = ask(question="Where can I learn about LSTMs?")
time.sleep(1)
second = ask(question="is there a free one?", conversation_id=first["conversation_id"])
assert second["conversation_id"] == first["conversation_id"], second
service.terminate()
log = service.communicate(timeout=60)[1]
assert "database" not in log, log
'
buildah run --user 10001 "$container" -- sh -c 'id -u; python3 -c "import torch" 2>/dev/null && echo "torch is in the image" || true'
