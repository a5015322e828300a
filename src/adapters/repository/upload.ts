/**
 * Upload to the mirrors' origin by rsync, in two phases: first what does not commit, then the few files that do, so that
 * a client of the mirror never sees metadata whose packages are not there yet.
 */
import { join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import { metalinkStates } from "../../formats/rpm/index.ts";
import { needTool } from "../signer/index.ts";
import { type Place, stateDirectory } from "./place.ts";
import type { Tree } from "./tree.ts";
import type { UploadTarget } from "./upload-target.ts";

/** How an upload stands: kept, so that "published, not uploaded" is seen and tried again. */
export interface UploadState {
  readonly key: string;
  readonly to: string;
  /** Identity of the metadata that the other side has; "" where nothing was ever uploaded. */
  readonly uploaded: string;
  /** Failed tries since then. */
  readonly tries: number;
  readonly error: string | null;
  readonly triedAt: string;
  /** What lay in the swept directories at the last upload, relative to `below`: the other side's clients may still ask for it. */
  readonly files: readonly string[];
}

const limitMs = 6 * 3_600_000;

/** What is uploaded in which phase, relative to the directory `below`. */
interface Rules {
  readonly below: string;
  readonly first: readonly string[];
  readonly commit: readonly string[];
  /** Directories in which what is gone here goes there, too: metadata only, never packages. */
  readonly swept: readonly string[];
}

const ours = "--exclude=.release-bot.*";

function rulesOf(tree: Tree, place: Place, known: UploadState | null): Rules[] {
  switch (place.type) {
    case "rpm":
      return [rpmRules(tree, place, known)];
    case "deb":
      return [
        { below: `${place.base}/pool`, first: [ours], commit: [], swept: [] },
        {
          below: `${place.base}/dists/${place.suite}`,
          first: [ours, "--include=*/", "--include=**/by-hash/**", "--exclude=*"],
          commit: [ours, "--exclude=by-hash/"],
          swept: ["main"],
        },
      ];
    case "archlinux":
      return [
        {
          below: place.base,
          first: [ours, `--exclude=/${place.suite}.*`],
          commit: [`--include=/${place.suite}.*`, "--exclude=*"],
          swept: [],
        },
      ];
  }
}

/**
 * A metalink that names the repomd.xml that the other side still has, too, comes before the commit: whoever has fetched it
 * gets on with either. One that does not (after a withdrawal) comes with it.
 */
function rpmRules(tree: Tree, place: Place, known: UploadState | null): Rules {
  const metalink = tree.at(`${place.base}/repodata/repomd.xml.metalink`);
  const { disk } = tree.options;
  const states = disk.stat(metalink) === null ? [] : metalinkStates(disk.read(metalink).toString("utf8"));
  const early = states.slice(1).some((former) => former.sha256 === known?.uploaded);
  const held = ["repomd.xml", "repomd.xml.asc", ...(early ? [] : ["repomd.xml.metalink"])];
  return {
    below: place.base,
    first: [ours, ...held.map((name) => `--exclude=/repodata/${name}`)],
    commit: ["--include=/repodata/", "--include=/repodata/repomd.xml*", "--exclude=*", ours],
    swept: ["repodata"],
  };
}

/** Which phases are carried out: both, or, to look at what clients see in between, the first only. */
export type UploadPhases = "both" | "first";

/** Uploads one repository. Throws AdapterError `UNREACHABLE`; the state says then that it is to be tried again. */
export async function uploadPlace(
  tree: Tree,
  place: Place,
  target: UploadTarget,
  phases: UploadPhases = "both",
): Promise<void> {
  // What is uploaded must not change under rsync: the second phase would commit what the first did not bring.
  await tree.alone(place, "untouched", async () => {
    const identity = tree.engine(place).read(place).identity;
    const known = uploadState(tree, place);
    const all = rulesOf(tree, place, known);
    const files = all.flatMap(({ below, swept }) => swept.flatMap((one) => filesBelow(tree, `${below}/${one}`)));
    try {
      await firstPhase(tree, place, target, all);
      if (phases === "first") return;
      tree.tell({ what: "commits the upload", done: 0, total: null });
      for (const rules of all) {
        if (rules.commit.length === 0) continue;
        // A second publication within one second keeps repomd.xml's size and time: only its content tells.
        await rsync(tree, place, target, rules.below, ["--checksum", "--delay-updates", ...rules.commit]);
        for (const swept of rules.swept) {
          // What clients of the state before may still ask for stays, however many changes came with this one.
          const stays = (known?.files ?? []).map((file) => `--exclude=/${file}`);
          const only = ["--delete", "--existing", "--ignore-existing", ...stays];
          await rsync(tree, place, target, `${rules.below}/${swept}`, only);
        }
      }
      note(tree, place, { to: target.to, uploaded: identity, tries: 0, error: null, files });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const { uploaded, tries, files: before } = known ?? { uploaded: "", tries: 0, files: [] };
      note(tree, place, { to: target.to, uploaded, tries: tries + 1, error: error.message, files: before });
      throw new AdapterError("UNREACHABLE", `${place.base} was not uploaded to ${target.to}: ${error.message}`, error);
    }
  });
}

/** All that does not commit. Where anybody watches, rsync first says how many bytes it will bring. */
async function firstPhase(tree: Tree, place: Place, target: UploadTarget, all: readonly Rules[]): Promise<void> {
  const watched = tree.options.tell !== undefined;
  const sizes: number[] = [];
  if (watched) {
    tree.tell({ what: "compares with the other side", done: 0, total: null });
    for (const { below, first } of all) {
      const said = await rsync(tree, place, target, below, ["--dry-run", "--stats", "--hard-links", ...first]);
      sizes.push(bytesToBring(said.toString("latin1")));
    }
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  for (const [index, { below, first }] of all.entries()) {
    const hear = (chunk: Buffer): void => {
      const done = bytesBrought(chunk.toString("latin1"));
      if (done === null) return;
      const part = { done: before + done, total, unit: "bytes" } as const;
      tree.tell({ what: `uploads ${place.repository}`, done: 0, total: 1, part });
    };
    const rules = ["--hard-links", ...(watched ? ["--info=progress2"] : []), ...first];
    await rsync(tree, place, target, below, rules, hear);
    before += sizes[index] ?? 0;
  }
}

/** `Total transferred file size: 1,234 bytes`, in whatever way the locale groups digits. */
function bytesToBring(stats: string): number {
  const [, digits = "0"] = /^Total transferred file size: ([0-9.,']+) bytes/m.exec(stats) ?? [];
  return Number(digits.replace(/[^0-9]/g, ""));
}

/** The last `  1,234  56%  …` of a piece of what `--info=progress2` says. */
function bytesBrought(said: string): number | null {
  const last = [...said.matchAll(/\s([0-9][0-9.,']*)\s+[0-9]+%/g)].at(-1)?.[1];
  return last === undefined ? null : Number(last.replace(/[^0-9]/g, ""));
}

/** Relative to the directory. */
function filesBelow(tree: Tree, directory: string, within = ""): string[] {
  return tree.options.disk.list(tree.at(`${directory}/${within}`)).flatMap((name) => {
    const path = `${within}${name}`;
    const isDirectory = tree.options.disk.stat(tree.at(`${directory}/${path}`))?.directory === true;
    return isDirectory ? filesBelow(tree, directory, `${path}/`) : [path];
  });
}

async function rsync(
  tree: Tree,
  place: Place,
  target: UploadTarget,
  directory: string,
  rules: readonly string[],
  hear?: (chunk: Buffer) => void,
): Promise<Buffer> {
  // HOST:/PATH stands for TYPE/RELEASE here; beneath it both sides have the same directories.
  const below = directory.slice(`${place.base.split("/").slice(0, 2).join("/")}/`.length);
  const there = `${target.to.replace(/\/+$/, "")}/${below}/`;
  if (tree.options.disk.stat(tree.at(directory)) === null) return Buffer.alloc(0);
  const rsh = target.rsh === null ? [] : ["--rsh", target.rsh.join(" ")];
  const args = ["--archive", "--omit-dir-times", "--mkpath", ...rsh, ...rules, "--", `${tree.at(directory)}/`, there];
  return needTool({ program: "rsync", args, limitMs, ...(hear === undefined ? {} : { hear }) });
}

function statePath(tree: Tree, key: string): string {
  return join(tree.options.root, stateDirectory, "uploads", `${key}.json`);
}

/** How the upload of a repository stands; null where none was tried. */
export function uploadState(tree: Tree, place: Place): UploadState | null {
  const path = statePath(tree, place.key);
  if (tree.options.disk.stat(path) === null) return null;
  return JSON.parse(tree.options.disk.read(path).toString("utf8")) as UploadState;
}

function note(tree: Tree, place: Place, state: Omit<UploadState, "key" | "triedAt">): void {
  const path = statePath(tree, place.key);
  tree.options.disk.makeDirectory(join(path, ".."));
  const whole: UploadState = { key: place.key, ...state, triedAt: tree.options.clock().toISOString() };
  tree.options.disk.replace(path, JSON.stringify(whole));
}

/** The first repetition comes after half a minute, then each after twice as long, at most an hour. */
export function retryAt(state: UploadState): Date {
  const wait = Math.min(3_600_000, 30_000 * 2 ** Math.max(0, state.tries - 1));
  return new Date(new Date(state.triedAt).getTime() + wait);
}
