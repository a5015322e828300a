#!/bin/sh
# Run in the template debian-13-minimal, as root, then shut it down. Written by 'release-bot infra render'.
set -eu
apt-get update
apt-get install -y --no-install-recommends gnupg qubes-gpg-split qubes-release-bot-key-gate
systemctl enable release-bot-key-gate.service
