# Written by 'release-bot infra render': change build-infra.yml instead.
builder-dvm:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-whonix
        - dispvm-allowed: true
volume-builder-dvm:
  cmd.run:
    - name: qvm-volume extend builder-dvm:private 30GiB
    - unless: test "$(qvm-volume info builder-dvm:private size)" -ge "$(numfmt --from=auto 30Gi)"
    - require:
        - qvm: builder-dvm
builder-windows-dvm:
  qvm.vm:
    - present:
        - template: windows-10
        - label: green
    - prefs:
        - template: windows-10
        - netvm: sys-whonix
        - dispvm-allowed: true
logs:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-firewall
    - service:
        - enable:
            - release-bot-log-receiver
logs-win:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-firewall
    - service:
        - enable:
            - release-bot-log-receiver
build-fedora:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-whonix
        - default-dispvm: builder-dvm
    - service:
        - enable:
            - release-bot-agent
volume-build-fedora:
  cmd.run:
    - name: qvm-volume extend build-fedora:private 100GiB
    - unless: test "$(qvm-volume info build-fedora:private size)" -ge "$(numfmt --from=auto 100Gi)"
    - require:
        - qvm: build-fedora
keys-fedora:
  qvm.vm:
    - present:
        - template: debian-13-minimal
        - label: black
    - prefs:
        - template: debian-13-minimal
        - netvm: none
    - service:
        - enable:
            - release-bot-key-gate
build-debian:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-whonix
        - default-dispvm: builder-dvm
    - service:
        - enable:
            - release-bot-agent
keys-debian:
  qvm.vm:
    - present:
        - template: debian-13-minimal
        - label: black
    - prefs:
        - template: debian-13-minimal
        - netvm: none
    - service:
        - enable:
            - release-bot-key-gate
build-win:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-whonix
        - default-dispvm: builder-dvm
    - service:
        - enable:
            - release-bot-agent
keys-win:
  qvm.vm:
    - present:
        - template: debian-13-minimal
        - label: black
    - prefs:
        - template: debian-13-minimal
        - netvm: none
    - service:
        - enable:
            - release-bot-key-gate
win-keys-win:
  qvm.vm:
    - present:
        - template: debian-13-minimal
        - label: black
    - prefs:
        - template: debian-13-minimal
        - netvm: none
build-old:
  qvm.vm:
    - present:
        - template: fedora-42-xfce
        - label: green
    - prefs:
        - template: fedora-42-xfce
        - netvm: sys-whonix
    - service:
        - enable:
            - release-bot-agent
keys-old:
  qvm.vm:
    - present:
        - template: debian-13-minimal
        - label: black
    - prefs:
        - template: debian-13-minimal
        - netvm: none
    - service:
        - enable:
            - release-bot-key-gate
sys-net-receiver:
  qvm.service:
    - name: sys-net
    - enable:
        - release-bot-receiver
/etc/qubes/policy.d/20-qubesbuilder.policy:
  file.managed:
    - source: salt://build-infra/files/dom0/etc/qubes/policy.d/20-qubesbuilder.policy
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/etc/qubes/policy.d/20-qubesbuilder-webhook.policy:
  file.managed:
    - source: salt://build-infra/files/dom0/etc/qubes/policy.d/20-qubesbuilder-webhook.policy
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
/etc/qubes/policy.d/20-qubesbuilder-ssh-proxy.policy:
  file.managed:
    - source: salt://build-infra/files/dom0/etc/qubes/policy.d/20-qubesbuilder-ssh-proxy.policy
    - user: root
    - group: root
    - mode: "0644"
    - makedirs: true
