#!/bin/sh
# Run in the template fedora-42-xfce, as root, then shut it down. Written by 'release-bot infra render'.
set -eu
dnf install -y createrepo_c dbus-daemon git gnupg2 nftables nginx openqa-client openssh-clients python3-pyyaml qubes-gpg-split qubes-release-bot reprepro rpm-sign rsync sequoia-sqv socat util-linux
systemctl enable release-bot-receiver.service release-bot-nginx.service release-bot-agent.service release-bot-status-page.timer release-bot-clean-up.timer release-bot-iso.timer release-bot-log-receiver.service
