#!/bin/sh
# Makes this machine ready: system packages by apt, node packages by the lock file. Plain shell, because it runs before
# there is a Node 24. Says what it installs; fails with one line that says what to do. Running it again costs little.
#
#   packaging/setup.sh run    what `npm run demo` needs
#   packaging/setup.sh test   that, and what `npm test` needs
#   packaging/setup.sh soak   that, and what `npm run soak` needs
set -u
cd "$(dirname "$0")/.." || exit 1

fail() {
  echo "release-bot set-up: $1" >&2
  exit 1
}

# The one line for a failed installer, from what it wrote: the causes that a newcomer meets, else its own last words.
fail_after() {
  what=$1
  log=$2
  if grep -Eqi 'ENOSPC|No space left|enough free space' "$log"; then
    why="the disk is full: free some space"
  elif grep -Eqi 'EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Temporary failure resolving|Could not (resolve|connect)|Network is unreachable' "$log"; then
    why="no network: connect this machine (behind a proxy: set http_proxy and https_proxy)"
  elif grep -q 'Unable to locate package' "$log"; then
    why="a package is in no list that apt has: this set-up is for Debian 12, with network"
  else
    why="its last words: $(grep -v '^ *$' "$log" | tail -n 1); its whole output: $log"
    fail "$what: $why; mend that and run the same command again"
  fi
  rm -f "$log"
  fail "$what: $why, and run the same command again"
}

purpose=${1:-run}
run_packages="createrepo-c rpm dpkg-dev build-essential debhelper fakeroot dnf git gnupg gpgv sq sqv openssh-server openssh-client rsync xz-utils zstd util-linux uidmap pacman-package-manager"
test_packages="socat wrk reprepro makepkg libarchive-tools nginx-light nftables systemd shellcheck chromium tmux procps devscripts man-db zsh fish"
soak_packages="debootstrap"
case $purpose in
  run) wanted=$run_packages ;;
  test) wanted="$run_packages $test_packages" ;;
  soak) wanted="$run_packages $test_packages $soak_packages" ;;
  *) fail "unknown purpose '$purpose': run, test or soak" ;;
esac

[ "$(uname -m)" = x86_64 ] || fail "this set-up knows x86_64 only; on $(uname -m) install Node 24 and run the parts by hand"

installed() {
  dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

command -v dpkg-query >/dev/null 2>&1 || fail "dpkg is missing: this set-up is for Debian 12; elsewhere install: $wanted"
missing=
for package in $wanted; do
  # nginx comes as several packages that exclude each other: any of them will do.
  [ "$package" = nginx-light ] && command -v nginx >/dev/null 2>&1 && continue
  installed "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
  else
    fail "not root and no sudo: as root, run: apt-get install$missing"
  fi
  echo "release-bot set-up: installing Debian packages:$missing"
  log=$(mktemp) || fail "cannot write to the temporary directory: is the disk full?"
  # Another apt that runs is waited for; what an interrupted one left half configured is finished first.
  # shellcheck disable=SC2086
  if ! { $as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a &&
    $as_root apt-get -o DPkg::Lock::Timeout=120 update &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    fail_after "apt could not install:$missing" "$log"
  fi
  rm -f "$log"
fi

# By the lock file of a directory, unless that has been done.
install_locked() {
  directory=$1
  what=$2
  stamp=$directory/node_modules/.release-bot-lock
  [ -f "$stamp" ] && cmp -s "$directory/package-lock.json" "$stamp" && return
  command -v npm >/dev/null 2>&1 || fail "npm is missing: install Node.js 20 or newer with npm"
  echo "release-bot set-up: installing $what"
  log=$(mktemp) || fail "cannot write to the temporary directory: is the disk full?"
  if ! npm ci --prefix "$directory" --include=dev --no-fund --no-audit --loglevel=error >"$log" 2>&1; then
    fail_after "npm ci could not install the node packages" "$log"
  fi
  rm -f "$log"
  cp "$directory/package-lock.json" "$stamp" || fail "cannot write $stamp: is the disk full?"
}

install_locked . "node packages by package-lock.json (Node 24 among them)"
[ "$purpose" = run ] || install_locked packaging/oldest-node "Node 22.13, the oldest that the packages must run on"
exit 0
