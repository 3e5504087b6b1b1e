#!/usr/bin/env bash
# The README's promise on a machine that holds only git, make, python3 and python3-venv: `make report`, again,
# then `make test`, from a clone of the committed HEAD, as an ordinary user. Prints seconds and exit codes.
#
#   sudo bench/clean_machine.sh [COMMAND…]      COMMANDs replace the three, e.g. "make check"
#   SUITE=… MIRROR=…                            Debian release and mirror, where debootstrap's own don't do
#   PIP_CERT, PIP_INDEX_URL                     handed in if set (the certificate is copied)
#
# Mounts and processes live in namespaces that die with the script: killed or not, nothing is left running.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd -P)
commands=("make report" "make report" "make test")
(($# == 0)) || commands=("$@")

for tool in debootstrap git unshare chroot; do
  command -v "$tool" >/dev/null || { echo "clean_machine: $tool is missing" >&2; exit 6; }
done
[[ $(id -u) == 0 ]] || { echo "clean_machine: needs root, for debootstrap and chroot" >&2; exit 6; }

suite=${SUITE:-$(. /etc/os-release; [[ ${ID:-} != debian ]] || echo "${VERSION_CODENAME:-}")}
suite=${suite:-bookworm}

work=$(mktemp -d -t clean-machine.XXXXXX)
root=$work/root
child=
failed=0

finish() {
  local code=$?
  trap '' INT TERM HUP
  if [[ -n $child ]]; then
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if grep -qF " $work/" /proc/self/mountinfo; then
    echo "clean_machine: something is still mounted below $work, which stays" >&2
  else
    rm -rf --one-file-system "$work"
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The two steps that take time replace a background shell, so that $child is the namespace itself. Background
# commands ignore Ctrl-C; inside it gets its usual meaning back, or tests of an interruption would hang.
namespace() {
  exec env --default-signal=INT,QUIT unshare --mount --propagation private --pid --fork --kill-child "$@"
}

bootstrap() {
  namespace debootstrap --variant=minbase --include=git,make,python3,python3-venv \
    "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$work/log" 2>&1
}

inside() {
  namespace sh -euc '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot --userspec=1000:1000 "$root" env -i "$@"
  ' sh "$root" "${settings[@]}" sh -c "cd ~/equity 2>/dev/null || cd ~; $1"
}

timed() {
  local label=$1 start=$EPOCHREALTIME code=0
  shift
  "$@" &
  child=$!
  wait "$child" || code=$?
  child=
  awk -v label="$label" -v start="$start" -v end="$EPOCHREALTIME" -v code="$code" \
    'BEGIN { printf "-- %-40s %8.1f s   exit %d\n", label, end - start, code }'
  ((code == 0)) || failed=1
}

timed "debootstrap minbase ($suite)" bootstrap
((failed == 0)) || { tail -n 20 "$work/log" >&2; exit 1; }

echo "researcher:x:1000:1000::/home/researcher:/bin/sh" >>"$root/etc/passwd"
install -d -o 1000 -g 1000 "$root/home/researcher"
git -c safe.directory="*" clone --quiet --bare "$repo" "$root/srv/equity.git"
chown -R 1000:1000 "$root/srv/equity.git"
cp /etc/resolv.conf /etc/hosts "$root/etc/"

settings=(HOME=/home/researcher USER=researcher PATH=/usr/bin:/bin LANG=C.UTF-8)
if [[ -n ${PIP_CERT:-} ]]; then
  install -m 644 "$PIP_CERT" "$root/srv/ca.pem"
  settings+=(PIP_CERT=/srv/ca.pem)
fi
[[ -z ${PIP_INDEX_URL:-} ]] || settings+=("PIP_INDEX_URL=$PIP_INDEX_URL")

timed "git clone" inside "git clone --quiet /srv/equity.git equity"
for command in "${commands[@]}"; do
  timed "$command" inside "$command"
done
exit "$failed"
