# Written by 'release-bot infra render': change build-infra.yml instead.
/rw/config/release-bot/nginx.conf:
  file.managed:
    - source: salt://build-infra/files/sys-net/rw/config/release-bot/nginx.conf
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/rw/config/release-bot/github-hooks.nft:
  file.managed:
    - source: salt://build-infra/files/sys-net/rw/config/release-bot/github-hooks.nft
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/rw/config/rc.local.d/50-release-bot.rc:
  file.managed:
    - source: salt://build-infra/files/sys-net/rw/config/rc.local.d/50-release-bot.rc
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
/home/user/.config/release-bot/config.yml:
  file.managed:
    - source: salt://build-infra/files/sys-net/home/user/.config/release-bot/config.yml
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
/home/user/.config/release-bot/build-vms.list:
  file.managed:
    - source: salt://build-infra/files/sys-net/home/user/.config/release-bot/build-vms.list
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/usr/local/etc/qubes-rpc/local.ConnectSSH:
  file.managed:
    - source: salt://build-infra/files/sys-net/usr/local/etc/qubes-rpc/local.ConnectSSH
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
