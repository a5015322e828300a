# Written by 'release-bot infra render': change build-infra.yml instead.
/usr/local/etc/qubes-rpc/qubes.Gpg:
  file.symlink:
    - target: /run/release-bot/rpc/qubes.Gpg
    - force: true
    - makedirs: true
/usr/local/etc/qubes-rpc/qubesbuilder.LogReceived:
  file.symlink:
    - target: /run/release-bot/rpc/qubesbuilder.LogReceived
    - force: true
    - makedirs: true
/home/user/.config/release-bot/key-gate:
  file.managed:
    - source: salt://build-infra/files/keys-win/home/user/.config/release-bot/key-gate
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
