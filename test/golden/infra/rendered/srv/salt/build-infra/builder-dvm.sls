# Written by 'release-bot infra render': change build-infra.yml instead.
/rw/config/qubes-bind-dirs.d/50_release-bot.conf:
  file.managed:
    - source: salt://build-infra/files/builder-dvm/rw/config/qubes-bind-dirs.d/50_release-bot.conf
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/rw/bind-dirs/builder/.keep:
  file.managed:
    - source: salt://build-infra/files/builder-dvm/rw/bind-dirs/builder/.keep
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
