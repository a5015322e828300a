import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CrashScene, forget, type Scene } from "../../support/crash-scene.ts";

const scene = new CrashScene();
const tried = ["rpm", "template", "deb", "arch"] as const;
let stranger: string;

beforeAll(async () => {
  // In the same keyring: that gpg knows a key does not make it a repository's.
  stranger = scene.gpg.makeKey({ algorithm: "rsa2048" });
  for (const kind of tried) await scene.prepare(kind);
});

afterAll(() => scene.remove());

/** The one file below the root whose path matches. */
function find(root: string, pattern: RegExp): string {
  const found = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (path) => !path.startsWith(".release-bot") && pattern.test(path),
  );
  const [one] = found.sort();
  if (one === undefined) throw new Error(`nothing matches ${pattern}`);
  return join(root, one);
}

/** Another file takes its place: what is linked elsewhere stays as it is. */
function replace(path: string, bytes: Uint8Array): void {
  rmSync(path);
  writeFileSync(path, bytes);
}

const remove = (path: string): void => rmSync(path);
const lengthen = (path: string): void => replace(path, Buffer.concat([readFileSync(path), Buffer.from("\n")]));
function alter(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  replace(path, bytes);
}

/** Signed again by somebody else, as that file is signed. */
const signedBy =
  (kind: "detach" | "clear", armored: "--armor" | "--no-armor") =>
  (path: string): void => {
    const data = kind === "detach" ? path.replace(/\.(asc|sig|gpg)$/, "") : join(dirname(path), "Release");
    const words = kind === "detach" ? ["--detach-sign"] : ["--clearsign"];
    replace(path, scene.gpg.gpg(["--local-user", stranger, armored, ...words], readFileSync(data)));
  };

/** Metadata that says something else, well signed: what a signer would make that went by a wrong list. */
const resigned =
  (from: RegExp, to: string) =>
  (path: string): void => {
    const text = readFileSync(path, "utf8");
    if (!from.test(text)) throw new Error(`${path} has nothing like ${from}`);
    replace(path, Buffer.from(text.replace(from, to)));
    replace(`${path}.asc`, scene.gpg.gpg(["--local-user", scene.key, "--armor", "--detach-sign"], readFileSync(path)));
  };

type Fault = readonly [Scene, string, RegExp, (path: string) => void, RegExp];

const rpm: readonly Fault[] = (["rpm", "template"] as const).flatMap((kind): Fault[] => {
  const at = kind === "rpm" ? "current/host/fc41" : "templates-itl";
  const of = (end: string): RegExp => new RegExp(`^rpm/r4\\.3/${at}/.*${end}$`);
  const repomd = new RegExp(`^rpm/r4\\.3/${at}/repodata/repomd\\.xml$`);
  return [
    [kind, "a package is gone", of("\\.rpm"), remove, /\.rpm: is listed, and not there/],
    [kind, "a package has other bytes", of("\\.rpm"), alter, /\.rpm: has not the hash that is listed/],
    [kind, "a package is longer", of("\\.rpm"), lengthen, /\.rpm: has not the size that is listed/],
    [kind, "a list is gone", of("-primary\\.xml\\.gz"), remove, /-primary\.xml\.gz/],
    [
      kind,
      "a list has other bytes",
      of("-filelists\\.xml\\.gz"),
      alter,
      /-filelists\.xml\.gz is not what repomd\.xml says/,
    ],
    [kind, "repomd.xml is gone", repomd, remove, /was signed here, and its metadata is not there/],
    [kind, "repomd.xml has other bytes", repomd, lengthen, /the signature does not match/],
    [
      kind,
      "repomd.xml says another size",
      repomd,
      resigned(/<size>([0-9]+)/, "<size>1$1"),
      /is not what repomd\.xml says/,
    ],
    [
      kind,
      "repomd.xml says another hash",
      repomd,
      resigned(/(<checksum type="sha256">)[0-9a-f]{8}/, "$1deadbeef"),
      /deadbeef|is not what/,
    ],
    [
      kind,
      "repomd.xml says another open hash",
      repomd,
      resigned(/(<open-checksum type="sha256">)[0-9a-f]{8}/, "$1deadbeef"),
      /does not inflate to what repomd\.xml says/,
    ],
    [kind, "the signature is gone", of("repomd\\.xml\\.asc"), remove, /the metadata is not signed/],
    [
      kind,
      "the signature is a stranger's",
      of("repomd\\.xml\\.asc"),
      signedBy("detach", "--armor"),
      /is signed by [0-9A-F]{40}, and was signed here by/,
    ],
    [kind, "the metalink is gone", of("metalink"), remove, /metalink: is not there/],
    [
      kind,
      "the metalink names another repomd.xml",
      of("metalink"),
      (path) => replace(path, Buffer.from(readFileSync(path, "utf8").replaceAll(/[0-9a-f]{64}/g, "0".repeat(64)))),
      /does not name the repomd\.xml that stands/,
    ],
  ];
});

const suite = "^deb/r4\\.3/vm/dists/bookworm";
const deb: readonly Fault[] = [
  ["deb", "a package is gone", /^deb.*_1\.0-1_amd64\.deb$/, remove, /is listed, and not there/],
  ["deb", "a package has other bytes", /^deb.*_1\.0-1_amd64\.deb$/, alter, /has not the hash that is listed/],
  ["deb", "a source's tarball is gone", /^deb.*_1\.0\.tar\.xz$/, remove, /tar\.xz: is listed, and not there/],
  ["deb", "a .dsc is longer", /^deb.*_1\.0\.dsc$/, lengthen, /dsc: has not the size that is listed/],
  ["deb", "a packed index is gone", new RegExp(`${suite}/main/binary-amd64/Packages\\.gz$`), remove, /Packages\.gz/],
  ["deb", "a packed index has other bytes", new RegExp(`${suite}/main/source/Sources\\.gz$`), alter, /Sources\.gz/],
  ["deb", "Release is gone", new RegExp(`${suite}/Release$`), remove, /Release: is not there/],
  [
    "deb",
    "Release says something else",
    new RegExp(`${suite}/Release$`),
    lengthen,
    /Release: the signature does not match/,
  ],
  ["deb", "Release.gpg is gone", new RegExp(`${suite}/Release\\.gpg$`), remove, /Release\.gpg: is not there/],
  [
    "deb",
    "Release.gpg is a stranger's",
    new RegExp(`${suite}/Release\\.gpg$`),
    signedBy("detach", "--armor"),
    /Release: it is signed by another key/,
  ],
  ["deb", "InRelease is gone", new RegExp(`${suite}/InRelease$`), remove, /InRelease: is not there/],
  [
    "deb",
    "InRelease has other words",
    new RegExp(`${suite}/InRelease$`),
    (path) => replace(path, Buffer.from(readFileSync(path, "utf8").replace("Label: ", "Label: X"))),
    /the signature does not match/,
  ],
  [
    "deb",
    "InRelease is a stranger's",
    new RegExp(`${suite}/InRelease$`),
    signedBy("clear", "--armor"),
    /is signed by [0-9A-F]{40}, and was signed here by/,
  ],
];

const pkgs = "^archlinux/r4\\.3/current/vm/archlinux/pkgs/";
const database = `${pkgs}qubes-r4\\.3-current`;
const arch: readonly Fault[] = [
  ["arch", "a package is gone", new RegExp(`${pkgs}alpha-1.*zst$`), remove, /is listed, and not there/],
  ["arch", "a package has other bytes", new RegExp(`${pkgs}alpha-1.*zst$`), alter, /has not the hash that is listed/],
  ["arch", "a package's signature is gone", new RegExp(`${pkgs}alpha-1.*zst\\.sig$`), remove, /it is not signed/],
  [
    "arch",
    "a package's signature is a stranger's",
    new RegExp(`${pkgs}alpha-1.*zst\\.sig$`),
    signedBy("detach", "--no-armor"),
    /it is signed by another key/,
  ],
  [
    "arch",
    "the database is gone",
    new RegExp(`${database}\\.db$`),
    remove,
    /was signed here, and its metadata is not there/,
  ],
  [
    "arch",
    "the database has other bytes",
    new RegExp(`${database}\\.db$`),
    alter,
    /the signature does not match|damaged/,
  ],
  ["arch", "the database's signature is gone", new RegExp(`${database}\\.db\\.sig$`), remove, /db\.sig: is not there/],
  [
    "arch",
    "the database's signature is a stranger's",
    new RegExp(`${database}\\.db\\.sig$`),
    signedBy("detach", "--no-armor"),
    /is signed by [0-9A-F]{40}, and was signed here by/,
  ],
  [
    "arch",
    "the list of files is gone",
    new RegExp(`${database}\\.files$`),
    remove,
    /files: does not list the packages that the database lists/,
  ],
  [
    "arch",
    "the list of files is a stranger's",
    new RegExp(`${database}\\.files\\.sig$`),
    signedBy("detach", "--no-armor"),
    /files: it is signed by another key/,
  ],
  [
    "arch",
    "repo-add's name for the database is gone",
    new RegExp(`${database}\\.db\\.tar\\.gz$`),
    remove,
    /db\.tar\.gz: is not there/,
  ],
];

describe("a check", () => {
  it.each(tried)("finds nothing in a sound tree: %s", async (kind) => {
    const root = scene.copy(kind);
    expect(await scene.open(root).check()).toEqual([]);
    forget(root);
  });

  it.each([...rpm, ...deb, ...arch])("%s: names it where %s", async (kind, _, pattern, damage, expected) => {
    const root = scene.copy(kind);
    const path = find(root, pattern);
    const before = readFileSync(path);
    damage(path);
    expect(existsSync(path) && readFileSync(path).equals(before), "nothing was damaged").toBe(false);
    const faults = await scene.open(root).check();
    expect(faults.map(({ path, what }) => `${path}: ${what}`).join("\n")).toMatch(expected);
    forget(root);
  });
});
