import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseFields, splitStanzas } from "../../../src/formats/deb822/index.ts";
import { readTar } from "../../../src/formats/pacman/tar.ts";
import { type Kind, kinds } from "../../support/crash-scene.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ReleaseTree } from "../../support/release-tree.ts";
import { seeded } from "../../support/seeded.ts";
import { runTool } from "../../support/tool.ts";

const full = process.env["RELEASE_BOT_SOAK"] === "full";
const sequences = full ? 100 : 1;
const seed = Number(process.env["RELEASE_BOT_SEED"] ?? Date.now() % 1_000_000);
const components = ["alpha", "beta", "libgamma"];
const versions = ["1.0-1", "1.1-1", "2.0-1"];

let gpg: GpgHome;
let key: string;
let maker: PackageMaker;
const made = new Map<string, string[]>();

beforeAll(() => {
  gpg = new GpgHome();
  key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
});

afterAll(() => {
  maker.remove();
  gpg.remove();
});

function packages(kind: Kind, component: string, version: string): string[] {
  const name = `${kind} ${component} ${version}`;
  const known = made.get(name) ?? make(kind, component, version);
  made.set(name, known);
  return known;
}

function make(kind: Kind, component: string, version: string): string[] {
  if (kind === "rpm") return [component, `${component}-doc`].map((name) => maker.rpm({ name, version }, key));
  if (kind === "arch") return [maker.arch({ name: component, version }, key)];
  const debs = [component, `${component}-doc`].map((name) => maker.deb({ name, version, source: component }));
  return [...debs, ...maker.debSource({ name: component, version: version.replace("-1", "") })];
}

/** What a list says, by what it is about: each element's text, white space at its ends apart. */
type Fields = ReadonlyMap<string, string>;

function rpmFields(directory: string): Fields {
  const found = new Map<string, string>();
  const repomd = readFileSync(join(directory, "repodata/repomd.xml"), "utf8");
  for (const type of ["primary", "filelists", "other"]) {
    const location = new RegExp(`<data type="${type}">[\\s\\S]*?<location href="([^"]+)"`).exec(repomd)?.[1] ?? "";
    const text = gunzipSync(readFileSync(join(directory, location))).toString();
    const listed = [...text.matchAll(/<package [\s\S]*?<\/package>/g)].map(([element]) => element);
    found.set(`${type} count`, /packages="([0-9]+)"/.exec(text)?.[1] ?? "");
    for (const element of listed) found.set(`${type} ${/([0-9a-f]{64})/.exec(element)?.[1]}`, element);
  }
  return found;
}

function debFields(text: string): Fields {
  const stanzas = splitStanzas(Buffer.from(text)).map((stanza) => parseFields(stanza.toString()));
  return new Map(
    stanzas.map((fields) => [
      `${fields.get("package")} ${fields.get("version")}`,
      JSON.stringify([...fields].sort(([a], [b]) => (a < b ? -1 : 1))),
    ]),
  );
}

function archFields(path: string): Fields {
  const files = readTar(gunzipSync(readFileSync(path))).filter((entry) => entry.kind === "file");
  return new Map(files.map((entry) => [entry.name, entry.content.toString()]));
}

/** What the standard tools make of the very files that our metadata lists, and what our metadata says. */
function compare(kind: Kind, tree: ReleaseTree, repository: "current" | "current-testing"): void {
  const work = mkdtempSync(join(tmpdir(), "rb-oracle-"));
  try {
    if (kind === "rpm") {
      const base = join(tree.root, "rpm/r4.3", repository, "host/fc41");
      if (existsSync(join(base, "rpm")))
        cpSync(join(base, "rpm"), join(work, "rpm"), { recursive: true, preserveTimestamps: true });
      runTool("createrepo_c", ["--quiet", "--no-database", work]);
      expect(rpmFields(base)).toEqual(rpmFields(work));
    } else if (kind === "deb") {
      const base = join(tree.root, "deb/r4.3/vm");
      const suite = join(base, "dists", repository === "current" ? "bookworm" : "bookworm-testing");
      const ours = gunzipSync(readFileSync(join(suite, "main/binary-amd64/Packages.gz"))).toString();
      const sources = gunzipSync(readFileSync(join(suite, "main/source/Sources.gz"))).toString();
      const listed = [...`${ours}`.matchAll(/^Filename: (.*)$/gm)].map(([, path = ""]) => path);
      for (const path of listed) cpSync(join(base, path), join(work, path), { preserveTimestamps: true });
      for (const stanza of splitStanzas(Buffer.from(sources))) {
        const fields = parseFields(stanza.toString());
        const names = (fields.get("files") ?? "").split("\n").flatMap((line) => line.trim().split(/\s+/)[2] ?? []);
        for (const name of names)
          cpSync(join(base, `${fields.get("directory")}/${name}`), join(work, `${fields.get("directory")}/${name}`));
      }
      const scan = (tool: string): string =>
        readdirSync(work).includes("pool") ? runTool(tool, ["pool"], { directory: work }).toString() : "";
      expect(debFields(ours)).toEqual(debFields(scan("dpkg-scanpackages")));
      expect(debFields(sources)).toEqual(debFields(scan("dpkg-scansources")));
    } else {
      const base = join(tree.root, "archlinux/r4.3", repository, "vm/archlinux/pkgs");
      const name = `qubes-r4.3-${repository}`;
      const ours = archFields(join(base, `${name}.db`));
      const listed = [...ours.values()].map((desc) => /%FILENAME%\n(.*)/.exec(desc)?.[1] ?? "");
      for (const file of listed.flatMap((one) => [one, `${one}.sig`])) cpSync(join(base, file), join(work, file));
      if (listed.length > 0)
        runTool("repo-add", ["--quiet", join(work, `${name}.db.tar.gz`), ...listed.map((file) => join(work, file))]);
      for (const kindOf of ["db", "files"]) {
        const theirs = listed.length > 0 ? archFields(join(work, `${name}.${kindOf}`)) : new Map();
        expect(archFields(join(base, `${name}.${kindOf}`))).toEqual(theirs);
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

describe.each(Object.keys(kinds) as Kind[])(
  `after random publications, promotions and withdrawals (seed ${seed}), %s metadata`,
  (kind) => {
    it(`says field by field what the standard tool makes of the same files, ${sequences} sequences`, async () => {
      const random = seeded(seed);
      const dist = kinds[kind];
      const pick = <T>(list: readonly T[]): T => {
        const one = list[random.below(list.length)];
        if (one === undefined) throw new Error("nothing to pick from");
        return one;
      };
      for (let sequence = 0; sequence < sequences; sequence++) {
        const tree = new ReleaseTree(gpg, key);
        try {
          const done: string[] = [];
          for (let step = 0; step < 8; step++) {
            const component = pick(components);
            const number = random.below(versions.length);
            const commit = "abc".charAt(number);
            tree.pass(6);
            const deed = pick(["publish", "publish", "promote", "promote", "withdraw"] as const);
            const repository = pick(["current", "current-testing"] as const);
            if (deed === "publish") {
              const files = packages(kind, component, versions[number] ?? "");
              done.push(`${deed} ${component} ${commit}: ${await tree.publish({ dist, component, commit, files })}`);
            } else if (deed === "promote") {
              done.push(`${deed} ${component} ${commit}: ${await tree.promote({ dists: [dist], component, commit })}`);
            } else {
              done.push(
                `${deed} ${component} ${commit} ${repository}: ${await tree.withdraw({ dist, component, commit, repository })}`,
              );
            }
          }
          for (const repository of ["current", "current-testing"] as const) {
            await tree.repositories.create(
              { release: tree.release, repository, distribution: tree.distribution(dist), signKey: tree.key },
              tree.signer,
            );
            compare(kind, tree, repository);
          }
          expect(await tree.repositories.check(), done.join("\n")).toEqual([]);
        } finally {
          tree.remove();
        }
      }
    });
  },
);
