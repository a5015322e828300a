/** A component's files whose packages are built in seconds, as small as the tools allow. */
export function smallComponent(
  more: Readonly<Record<string, string>> = {},
  script: { readonly spec?: string; readonly rules?: string } = {},
): Record<string, string> {
  return {
    version: "1.0\n",
    hello: "#!/bin/sh\necho hello\n",
    ".qubesbuilder":
      "host:\n  rpm:\n    build:\n    - rpm_spec/hello.spec\nvm:\n  rpm:\n    build:\n    - rpm_spec/hello.spec\n  deb:\n    build:\n    - debian\n  archlinux:\n    build:\n    - archlinux\n",
    "rpm_spec/hello.spec.in": `Name: hello
Version: @VERSION@
Release: @REL@%{?dist}
Summary: Says hello
License: GPL-2.0-or-later
BuildArch: noarch
Source0: %{name}-%{version}.tar.gz
${script.spec ?? ""}
%description
Says hello.
%prep
%setup -q
%build
%install
install -D -m 0755 hello %{buildroot}/usr/bin/hello
%files
/usr/bin/hello
%changelog
@CHANGELOG@
`,
    "archlinux/PKGBUILD.in": `pkgname=hello
pkgver=@VERSION@
pkgrel=@REL@
pkgdesc="Says hello"
arch=(any)
license=(GPL)
source=("hello-\${pkgver}.tar.gz")
sha256sums=(SKIP)
package() {
  install -D -m 0755 "hello-\${pkgver}/hello" "\${pkgdir}/usr/bin/hello"
}
`,
    "debian/changelog":
      "hello (1.0) unstable; urgency=medium\n\n  * First.\n\n -- A <a@example.org>  Mon, 02 Nov 2026 10:00:00 +0000\n",
    "debian/control":
      "Source: hello\nSection: misc\nPriority: optional\nMaintainer: A <a@example.org>\nBuild-Depends: debhelper-compat (= 13)\nStandards-Version: 4.6.2\nRules-Requires-Root: no\n\nPackage: hello\nArchitecture: all\nDescription: Says hello\n Says hello.\n",
    "debian/install": "hello usr/bin\n",
    "debian/rules": `#!/usr/bin/make -f\n%:\n\tdh $@\n${script.rules ?? ""}`,
    "debian/source/format": "3.0 (native)\n",
    ...more,
  };
}
