#!/bin/sh
# Makes the qubes. Read it, then run it in dom0 as your user. Written by 'release-bot infra render'.
# Running it again changes nothing that is as it should be.
set -eu

# builder-dvm
qvm-check --quiet builder-dvm 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green builder-dvm
qvm-prefs builder-dvm netvm sys-whonix
qvm-prefs builder-dvm template_for_dispvms True
qvm-volume extend builder-dvm:private 30GiB || true

# builder-windows-dvm
qvm-check --quiet builder-windows-dvm 2>/dev/null || qvm-create --class AppVM --template windows-10 --label green builder-windows-dvm
qvm-prefs builder-windows-dvm netvm sys-whonix
qvm-prefs builder-windows-dvm template_for_dispvms True

# logs
qvm-check --quiet logs 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green logs
qvm-prefs logs netvm sys-firewall
qvm-features logs service.release-bot-log-receiver 1

# logs-win
qvm-check --quiet logs-win 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green logs-win
qvm-prefs logs-win netvm sys-firewall
qvm-features logs-win service.release-bot-log-receiver 1

# build-fedora
qvm-check --quiet build-fedora 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green build-fedora
qvm-prefs build-fedora netvm sys-whonix
qvm-prefs build-fedora default_dispvm builder-dvm
qvm-features build-fedora service.release-bot-agent 1
qvm-volume extend build-fedora:private 100GiB || true

# keys-fedora
qvm-check --quiet keys-fedora 2>/dev/null || qvm-create --class AppVM --template debian-13-minimal --label black keys-fedora
qvm-prefs keys-fedora netvm ''
qvm-features keys-fedora service.release-bot-key-gate 1

# build-debian
qvm-check --quiet build-debian 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green build-debian
qvm-prefs build-debian netvm sys-whonix
qvm-prefs build-debian default_dispvm builder-dvm
qvm-features build-debian service.release-bot-agent 1

# keys-debian
qvm-check --quiet keys-debian 2>/dev/null || qvm-create --class AppVM --template debian-13-minimal --label black keys-debian
qvm-prefs keys-debian netvm ''
qvm-features keys-debian service.release-bot-key-gate 1

# build-win
qvm-check --quiet build-win 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green build-win
qvm-prefs build-win netvm sys-whonix
qvm-prefs build-win default_dispvm builder-dvm
qvm-features build-win service.release-bot-agent 1

# keys-win
qvm-check --quiet keys-win 2>/dev/null || qvm-create --class AppVM --template debian-13-minimal --label black keys-win
qvm-prefs keys-win netvm ''
qvm-features keys-win service.release-bot-key-gate 1

# win-keys-win
qvm-check --quiet win-keys-win 2>/dev/null || qvm-create --class AppVM --template debian-13-minimal --label black win-keys-win
qvm-prefs win-keys-win netvm ''

# build-old
qvm-check --quiet build-old 2>/dev/null || qvm-create --class AppVM --template fedora-42-xfce --label green build-old
qvm-prefs build-old netvm sys-whonix
qvm-features build-old service.release-bot-agent 1

# keys-old
qvm-check --quiet keys-old 2>/dev/null || qvm-create --class AppVM --template debian-13-minimal --label black keys-old
qvm-prefs keys-old netvm ''
qvm-features keys-old service.release-bot-key-gate 1

# sys-net, which the machine has already
qvm-features sys-net service.release-bot-receiver 1
