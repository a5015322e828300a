# Written by 'release-bot infra render': change build-infra.yml instead.
/usr/lib/systemd/system/release-bot-key-gate.service:
  file.managed:
    - source: salt://build-infra/files/debian-13-minimal/usr/lib/systemd/system/release-bot-key-gate.service
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
release-bot-packages:
  pkg.installed:
    - pkgs:
        - gnupg
        - qubes-gpg-split
        - qubes-release-bot-key-gate
release-bot-key-gate.service:
  service.enabled:
    - require:
        - pkg: release-bot-packages
