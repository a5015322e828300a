#!/bin/sh
# Brings each qube its files from the qube in which they were rendered. Written by 'release-bot infra render'.
# Read it, then run it in dom0 as your user:   sh release-bot-copy.sh QUBE /path/of/the/rendered/folder [ONLY-QUBE…]
set -eu
if [ $# -lt 2 ]; then
  echo "usage: sh release-bot-copy.sh QUBE FOLDER [ONLY-QUBE...]" >&2
  exit 2
fi
from=$1 folder=$2
shift 2
case $from$folder in
  *[!A-Za-z0-9_./-]*) echo "a qube's name and a plain path are expected: $from $folder" >&2; exit 2 ;;
esac

# What lies in the user's home is the user's, everything else root's. A directory that is there stays as it is.
copy() {
  echo "$1"
  for part in "-not" ""; do
    owner=root
    [ -n "$part" ] || owner=user
    qvm-run --pass-io --no-gui -- "$from" "cd '$folder/$1' && find . '(' -type f -o -type l ')' $part -path './home/user/*' -print0 | tar -c --null --no-recursion -T - -f -" </dev/null |
      qvm-run --pass-io --no-gui --user="$owner" -- "$1" "tar -C / -xp --no-same-owner -f -"
  done
}

[ $# -gt 0 ] || set -- fedora-42-xfce debian-13-minimal builder-dvm sys-net build-fedora keys-fedora logs build-debian keys-debian build-win keys-win logs-win build-old keys-old
for qube in "$@"; do copy "$qube"; done
