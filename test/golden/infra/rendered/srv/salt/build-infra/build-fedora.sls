# Written by 'release-bot infra render': change build-infra.yml instead.
/usr/local/etc/qubes-rpc/qubesbuilder.TriggerBuild:
  file.symlink:
    - target: /run/release-bot/rpc/qubesbuilder.TriggerBuild
    - force: true
    - makedirs: true
/usr/local/etc/qubes-rpc/qubesbuilder.ProcessGithubCommand:
  file.symlink:
    - target: /run/release-bot/rpc/qubesbuilder.ProcessGithubCommand
    - force: true
    - makedirs: true
/rw/config/gpg-split-domain:
  file.managed:
    - source: salt://build-infra/files/build-fedora/rw/config/gpg-split-domain
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/home/user/.config/release-bot/config.yml:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.config/release-bot/config.yml
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
/home/user/.config/release-bot/builders.list:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.config/release-bot/builders.list
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.config/release-bot/environment:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.config/release-bot/environment
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.rpmmacros:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.rpmmacros
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.ssh/config:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.ssh/config
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
    - dir_mode: "0700"
/home/user/.ssh/known_hosts:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.ssh/known_hosts
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
    - dir_mode: "0700"
/usr/local/bin/release-bot-safe-checkout:
  file.managed:
    - source: salt://build-infra/files/build-fedora/usr/local/bin/release-bot-safe-checkout
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
/usr/local/bin/release-bot-status-page:
  file.managed:
    - source: salt://build-infra/files/build-fedora/usr/local/bin/release-bot-status-page
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
/usr/local/bin/release-bot-clean-up:
  file.managed:
    - source: salt://build-infra/files/build-fedora/usr/local/bin/release-bot-clean-up
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
/usr/local/bin/release-bot-iso:
  file.managed:
    - source: salt://build-infra/files/build-fedora/usr/local/bin/release-bot-iso
    - user: root
    - group: root
    - mode: "0755"
    - makedirs: true
/home/user/.config/release-bot/mirrors.list:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.config/release-bot/mirrors.list
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.config/release-bot/trusted-keys.asc:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/.config/release-bot/trusted-keys.asc
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/r4.3/builder.yml:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/r4.3/builder.yml
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/r4.3/builder-config.yml:
  file.managed:
    - source: salt://build-infra/files/build-fedora/home/user/r4.3/builder-config.yml
    - user: user
    - group: user
    - mode: "0644"
    - makedirs: true
/home/user/.config/release-bot/github-token:
  file.managed:
    - contents_pillar: release-bot-secrets:/home/user/.config/release-bot/github-token
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
    - show_changes: false
/home/user/.config/openqa/client.conf:
  file.managed:
    - contents_pillar: release-bot-secrets:/home/user/.config/openqa/client.conf
    - user: user
    - group: user
    - mode: "0600"
    - makedirs: true
    - show_changes: false
