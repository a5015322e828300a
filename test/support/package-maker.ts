import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GpgHome } from "./gpg-home.ts";
import { runTool } from "./tool.ts";

/** A small package to make. */
export interface PackageWish {
  readonly name: string;
  /** `1.0-1` */
  readonly version: string;
  /** What its one file says; other text makes another package of the same name. */
  readonly content?: string;
  /** The source package, where it is not its own. */
  readonly source?: string;
}

/** Makes real packages of every kind, signed as the builder's sign stage signs them. Slow kinds are made once a wish. */
export class PackageMaker {
  readonly directory = mkdtempSync(join(tmpdir(), "rb-pkg-"));
  readonly #gpg: GpgHome;
  #made = 0;

  constructor(gpg: GpgHome) {
    this.#gpg = gpg;
  }

  #place(): string {
    const place = join(this.directory, String(this.#made++));
    mkdirSync(place);
    return place;
  }

  /** An rpm; signed by the key, or not at all (null). Answers its path. */
  rpm(wish: PackageWish, key: string | null): string {
    const place = this.#place();
    const [version, release] = wish.version.split("-");
    // Templates are of no distribution.
    const suffix = wish.name.startsWith("qubes-template-") ? "" : ".fc41";
    const spec = [
      `Name: ${wish.name}`,
      `Version: ${version}`,
      `Release: ${release}${suffix}`,
      "Summary: a test package",
      "License: GPL",
      "BuildArch: noarch",
      "%description",
      "A test & <package>.",
      "%install",
      `mkdir -p %{buildroot}/usr/share/${wish.name}`,
      `echo '${wish.content ?? wish.version}' > %{buildroot}/usr/share/${wish.name}/file`,
      "%files",
      `/usr/share/${wish.name}`,
      "%changelog",
      `* Mon Nov 23 2026 A Maintainer <a@example.org> - ${wish.version}`,
      "- a change",
      "",
    ];
    writeFileSync(join(place, "test.spec"), spec.join("\n"));
    runTool("rpmbuild", ["--quiet", "-bb", "--define", `_topdir ${place}`, join(place, "test.spec")]);
    const path = join(place, "RPMS/noarch", `${wish.name}-${wish.version}${suffix}.noarch.rpm`);
    if (key !== null) this.signRpm(path, key);
    return path;
  }

  /** Signs an rpm in place, as the sign stage does, or as if at another time. */
  signRpm(path: string, key: string, at?: Date): void {
    const environment = { GNUPGHOME: this.#gpg.directory };
    const time = at?.toISOString().replace(/\.000Z|[-:]/g, "");
    const macros = [`_gpg_name ${key}`, "__gpg /usr/bin/gpg"];
    if (time !== undefined) macros.push(`_gpg_sign_cmd_extra_args --faked-system-time ${time}!`);
    const defines = macros.flatMap((macro) => ["--define", macro]);
    runTool("rpmsign", [...defines, "--addsign", path], { environment });
  }

  /** A binary deb. Answers its path. */
  deb(wish: PackageWish): string {
    const place = this.#place();
    const tree = join(place, "tree");
    mkdirSync(join(tree, "DEBIAN"), { recursive: true });
    mkdirSync(join(tree, "usr/share", wish.name), { recursive: true });
    writeFileSync(join(tree, "usr/share", wish.name, "file"), `${wish.content ?? wish.version}\n`);
    const control = [
      `Package: ${wish.name}`,
      ...(wish.source === undefined ? [] : [`Source: ${wish.source}`]),
      `Version: ${wish.version}`,
      "Architecture: amd64",
      "Section: misc",
      "Priority: optional",
      "Maintainer: A Maintainer <a@example.org>",
      "Description: a test package",
      " with a longer text",
      "",
    ];
    writeFileSync(join(tree, "DEBIAN/control"), control.join("\n"));
    const path = join(place, `${wish.name}_${wish.version}_amd64.deb`);
    runTool("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, path]);
    return path;
  }

  /** A source package: the .dsc and its tarball, as dpkg-source makes them. Answers their paths. */
  debSource(wish: PackageWish): string[] {
    const place = this.#place();
    const tree = join(place, `${wish.name}-${wish.version}`);
    mkdirSync(join(tree, "debian/source"), { recursive: true });
    writeFileSync(join(tree, "debian/source/format"), "3.0 (native)\n");
    writeFileSync(
      join(tree, "debian/control"),
      `Source: ${wish.name}\nSection: misc\nPriority: optional\nMaintainer: A <a@example.org>\n\nPackage: ${wish.name}\nArchitecture: any\nDescription: x\n`,
    );
    writeFileSync(
      join(tree, "debian/changelog"),
      `${wish.name} (${wish.version}) unstable; urgency=low\n\n  * x\n\n -- A <a@example.org>  Mon, 23 Nov 2026 10:00:00 +0000\n`,
    );
    runTool("dpkg-source", ["--build", tree], { directory: place });
    return [join(place, `${wish.name}_${wish.version}.dsc`), join(place, `${wish.name}_${wish.version}.tar.xz`)];
  }

  /** An Arch package with its detached signature beside it. Answers the package's path. */
  arch(wish: PackageWish, key: string | null): string {
    const place = this.#place();
    const info = [
      `pkgname = ${wish.name}`,
      `pkgbase = ${wish.source ?? wish.name}`,
      `pkgver = ${wish.version}`,
      "pkgdesc = a test package",
      "url = https://example.org",
      "builddate = 1795000000",
      "packager = A Maintainer",
      "size = 10",
      "arch = x86_64",
      "license = GPL",
      "",
    ];
    writeFileSync(join(place, ".PKGINFO"), info.join("\n"));
    mkdirSync(join(place, "usr/share", wish.name), { recursive: true });
    writeFileSync(join(place, "usr/share", wish.name, "file"), `${wish.content ?? wish.version}\n`);
    const path = join(place, `${wish.name}-${wish.version}-x86_64.pkg.tar.zst`);
    runTool("bsdtar", ["--zstd", "-cf", `${path}.new`, ".PKGINFO", "usr"], { directory: place });
    renameSync(`${path}.new`, path);
    if (key !== null) {
      const data = ["--local-user", key, "--output", `${path}.sig`, "--detach-sign", path];
      this.#gpg.gpg(data);
    }
    return path;
  }

  /** Removes all that was made. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
