import { join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import { place, runTool, type Workshop } from "./workshop.ts";

/** What sets the packages of one release apart from those of another, since a pool holds each file name once. */
const suffixes: Readonly<Record<string, string>> = {
  bullseye: "+deb11u1",
  bookworm: "+deb12u1",
  trixie: "+deb13u1",
  forky: "+deb14u1",
  sid: "+debsidu1",
  focal: "+ubuntu20.04.1",
  jammy: "+ubuntu22.04.1",
  noble: "+ubuntu24.04.1",
};

/** The first line of debian/changelog (deb-changelog(5)), strictly: name and version become file names. */
const heading = /^([a-z0-9][a-z0-9+.-]{1,80}) \(((?:[0-9]+:)?[0-9][A-Za-z0-9.+~-]{0,80})\) [^\n]*$/m;

/** Puts everything in place: the tree, the changelog with the release's suffix, the upstream archive where one is wanted. */
export async function prepareDeb(workshop: Workshop): Promise<void> {
  const { task } = workshop;
  const changelog = (await task.source.file(task.commit, "debian/changelog"))?.toString("utf8");
  const found = changelog === undefined ? null : heading.exec(changelog);
  const [line, name, version] = found ?? [];
  if (changelog === undefined || found === null || found.index !== 0 || !line || !name || !version) {
    throw new AdapterError("UNEXPECTED_ANSWER", "debian/changelog is missing or does not begin with NAME (VERSION)");
  }
  const suffix = suffixes[task.distribution.dist] ?? "";
  const entry = `${name} (${version}${suffix}) ${task.distribution.dist}; urgency=medium

  * Built for ${task.distribution.dist} from commit ${task.commit}.

 -- Qubes release bot <builder@localhost>  ${new Date(workshop.epoch * 1000).toUTCString().replace("GMT", "+0000")}

`;
  place(workshop, "recipe/changelog", entry + changelog);
  const format = (await task.source.file(task.commit, "debian/source/format"))?.toString("utf8").trim();
  if (format === "3.0 (quilt)") {
    const upstream = version.replace(/^[0-9]+:/, "").replace(/-[^-]*$/, "");
    await task.source.archive(
      task.commit,
      `${name}-${upstream}`,
      join(workshop.build, "out", `${name}_${upstream}.orig.tar.gz`),
    );
  }
  await task.source.checkout(task.commit, join(workshop.build, "out/source"));
}

/** Builds source and binary packages, unsigned: a Debian repository is signed as a whole. */
export async function buildDeb(workshop: Workshop, signal: AbortSignal): Promise<void> {
  const { inside } = workshop;
  const changelog = [`${inside}/recipe/changelog`, `${inside}/out/source/debian/changelog`];
  await runTool(workshop, signal, { program: "cp", args: changelog });
  await runTool(workshop, signal, {
    program: "dpkg-buildpackage",
    args: ["--build=full", "--no-sign", "--root-command=fakeroot", "--check-builddeps"],
    begin: "out/source",
    environment: { DEB_BUILD_OPTIONS: "reproducible=+all", LOGNAME: "builder" },
  });
}
