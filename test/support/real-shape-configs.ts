/**
 * Configuration files of the shape that the Qubes build server's own have (release-configs including the example of
 * another checkout by an absolute path), with names and keys of our own.
 */
export const alice = "0064428F455451B3EBE78A7F063938BA42CFA701";
export const bob = "274E12AB03F2FE293765FC06DA0434BC706E1F02";
export const carol = "17B7CC1986BD3D28C41475B6846D6B709C6E2E03";
export const repositoryKey = "1B496066C096FE93D4CF0A6E720415900AB8C804";

/** What release-configs include, by its path in builder v2's checkout. */
export const exampleConfig = `git:
  baseurl: https://github.com
  prefix: QubesOS/qubes-
  branch: release4.3
  maintainers:
    # alice
    - '${alice}'
    - '${bob}'

backend-vmm: xen
debug: true
qubes-release: r4.3

distributions:
  - host-fc41
  - vm-bookworm
  - vm-fc43

templates:
  - fedora-44-xfce:
      dist: fc44
      flavor: xfce
      options:
        - selinux

components:
  - builder-rpm:
      packages: False
      branch: main
  - template-whonix:
      packages: False
      branch: trixie
      url: https://github.com/Whonix/qubes-template-whonix
      maintainers:
        - '${carol}'
  - core-admin
  - linux-kernel:
      branch: stable-6.18
      timeout: 21600
  - linux-kernel-latest:
      url: https://github.com/QubesOS/qubes-linux-kernel
      branch: main
      timeout: 21600
  - installer-qubes-os-windows-tools:
      host-fc41:
        stages:
        - prep:
            needs:
            - component: installer-qubes-os-windows-tools
              distribution: vm-win10
              stage: build
              build: vs2022/installer.sln

executor:
  type: qubes
  options:
    dispvm: "@dispvm"

stages:
  - fetch
  - sign:
      executor:
        type: local
`;

/** A build server's own file. */
export const debianConfig = `# Debian packages

include:
 - /home/user/qubes-builderv2/example-configs/qubes-os-r4.3.yml

gpg-client: qubes-gpg-client-wrapper
repository-publish:
  components: current-testing

use-qubes-repo: {}

fetch-versions-only: true

distributions:
 - vm-bookworm
 - vm-win10:
     stages:
     - build:
         configuration: release

+components:
  - release-configs:
      fetch-versions-only: false
      branch: main
  - linux-kernel:
      timeout: 7200

templates: []

sign-key:
  deb: '${repositoryKey}'

repository-upload-remote-host:
  deb: 'deb.example.org:/pub/repo/deb/r4.3'

github:
  maintainers:
    # alice
    '${alice}':
      distributions: _all_
      components: _all_
    '${carol}':
      templates:
      - debian-12
      - debian-12-minimal
      components: [core-admin]
      distributions: [vm-bookworm]
      iso: true
      hold: true
`;
