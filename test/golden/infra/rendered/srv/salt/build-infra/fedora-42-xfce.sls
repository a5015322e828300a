# Written by 'release-bot infra render': change build-infra.yml instead.
/usr/lib/systemd/system/release-bot-receiver.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-receiver.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-log-receiver.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-log-receiver.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-agent.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-agent.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-nginx.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-nginx.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-status-page.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-status-page.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-status-page.timer:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-status-page.timer
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-clean-up.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-clean-up.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-clean-up.timer:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-clean-up.timer
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-iso.service:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-iso.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/usr/lib/systemd/system/release-bot-iso.timer:
  file.managed:
    - source: salt://build-infra/files/fedora-42-xfce/usr/lib/systemd/system/release-bot-iso.timer
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
release-bot-packages:
  pkg.installed:
    - pkgs:
        - createrepo_c
        - dbus-daemon
        - git
        - gnupg2
        - nftables
        - nginx
        - openqa-client
        - openssh-clients
        - python3-pyyaml
        - qubes-gpg-split
        - qubes-release-bot
        - reprepro
        - rpm-sign
        - rsync
        - sequoia-sqv
        - socat
        - util-linux
release-bot-receiver.service:
  service.enabled: &a1
    - require:
        - pkg: release-bot-packages
release-bot-nginx.service:
  service.enabled: *a1
release-bot-agent.service:
  service.enabled: *a1
release-bot-status-page.timer:
  service.enabled: *a1
release-bot-clean-up.timer:
  service.enabled: *a1
release-bot-iso.timer:
  service.enabled: *a1
release-bot-log-receiver.service:
  service.enabled: *a1
