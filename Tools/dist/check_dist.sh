#!/usr/bin/env bash
# Runs a relocatable tenbin in bare roots of Debian 12, Debian 13 and Ubuntu 24.04: nothing is installed
# there but what debootstrap's minimal variant has. Needs root, debootstrap, and the package servers;
# skips with one line what it cannot have.
#   check_dist.sh TENBIN-….tar.xz MODEL_FOLDER CORPUS_FOLDER
set -euo pipefail
archive=$(realpath "$1") model=$(realpath "$2") corpus=$(realpath "$3")

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
  echo "skipped: needs root and debootstrap"
  exit 0
fi
work=$(mktemp -d)
trap 'umount "$work"/*/proc 2>/dev/null; rm -rf "$work"' EXIT
failed=0
for suite in bookworm trixie noble; do
  root="$work/$suite"
  server=http://deb.debian.org/debian
  [ $suite = noble ] && server=http://archive.ubuntu.com/ubuntu
  # An older debootstrap does not know the newer suites; they are made as the ones before.
  script=/usr/share/debootstrap/scripts/$suite
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/jammy
  if ! debootstrap --variant=minbase "$suite" "$root" "$server" "$script" >"$work/log" 2>&1; then
    echo "skipped: debootstrap $suite: $(tail -n 1 "$work/log")"
    continue
  fi
  mkdir -p "$root/opt" "$root/data"
  tar -C "$root/opt" -xJf "$archive"
  cp -r "$model" "$root/data/model"
  cp -r "$corpus" "$root/data/corpus"
  # The loader finds $ORIGIN through /proc/self/exe.
  mount -t proc proc "$root/proc"
  if chroot "$root" /bin/sh -eu -c '
    tenbin=$(echo /opt/tenbin-*/bin/tenbin)
    cd /data
    "$tenbin" doctor
    "$tenbin" calib build --source corpus/jawiki-sample.xml --tokenizer model --take first:4 \
      --max-seq-length 128 --output set.sqlite
    "$tenbin" quantize model --calibration set.sqlite --bits 4 --group-size 128 --output int4
    "$tenbin" audit int4
    "$tenbin" evaluate perplexity int4 --heldout corpus/heldout-wiki.jsonl --context 128 \
      --heldout-tokens 512' >"$work/out" 2>&1; then
    echo "passed: $suite, $(chroot "$root" /bin/sh -c '. /etc/os-release; echo "$PRETTY_NAME"')"
  else
    echo "FAILED: $suite"
    tail -n 20 "$work/out"
    failed=1
  fi
done
exit $failed
