# Written by 'release-bot infra render': change build-infra.yml instead.
/usr/local/etc/qubes-rpc/qubesbuilder.BuildLog:
  file.symlink:
    - target: /run/release-bot/rpc/qubesbuilder.BuildLog
    - force: true
    - makedirs: true
/home/user/.config/release-bot/config.yml:
  file.managed:
    - source: salt://build-infra/files/logs-win/home/user/.config/release-bot/config.yml
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
/home/user/.gitconfig:
  file.managed:
    - source: salt://build-infra/files/logs-win/home/user/.gitconfig
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.ssh/known_hosts:
  file.managed:
    - source: salt://build-infra/files/logs-win/home/user/.ssh/known_hosts
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
    - dir_mode: "0700"
