/**
 * The script by which dom0 brings each qube its files, for those who do not use Salt. dom0 only joins two pipes: it unpacks
 * nothing and reads nothing of what passes.
 */
export function copyScript(qubes: readonly string[]): string {
  return `#!/bin/sh
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

[ $# -gt 0 ] || set -- ${qubes.join(" ")}
for qube in "$@"; do copy "$qube"; done
`;
}
