/** The promoter beside the standard tools' full regeneration: the same machine, the same run, the same signing key. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { agentEnvironment } from "../../src/infra/index.ts";
import { type Figure, type Measured, median } from "../figure.ts";
import { benchKey, signAsBench, tool } from "../fixtures/bench-root.ts";
import { repreproArchive } from "../fixtures/deb-tree.ts";
import type { Promotions } from "../fixtures/promotions.ts";
import { promoteWords, workingTree } from "../fixtures/repositories.ts";
import { bases, type Kind, waitingFiles } from "../fixtures/waiting.ts";

type Goal = Measured["goal"];

const sizes = [500, 2000, 8000] as const;
const rounds = 7;
const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");

/** Medians that were measured already: growth compares them. */
const measured = new Map<string, number>();

function timed(action: () => void): number {
  const from = performance.now();
  action();
  return performance.now() - from;
}

/** Promotes so many components of three packages in a process that is started as the agent is. */
function promotions(kind: Kind, count: number, number: number): Promotions {
  const script = join(import.meta.dirname, "../fixtures/promotions.ts");
  const words = [script, kind, String(count), String(number)];
  return JSON.parse(tool(process.execPath, words, { env: agentEnvironment })) as Promotions;
}

/** The median time of promoting one component; the first promotion warms the agent up. */
function promotion(kind: Kind, count: number): number {
  const name = `${kind}.${count}`;
  const known = measured.get(name) ?? median(promotions(kind, count, rounds + 1).times.slice(1));
  measured.set(name, known);
  return known;
}

/** Full regeneration by the kind's standard tool, with the same signatures. */
function regeneration(kind: Kind, count: number): number {
  switch (kind) {
    case "rpm":
      return createrepo(count);
    case "deb":
      return reprepro(count);
    case "arch":
      return repoAdd(count);
  }
}

function createrepo(count: number): number {
  const tree = workingTree("rpm", count);
  const base = join(tree.root, bases.rpm);
  try {
    const once = (): void => {
      tool("createrepo_c", ["--quiet", "--no-database", base]);
      signAsBench("--armor", "--detach-sign", join(base, "repodata/repomd.xml"));
    };
    return median([timed(once), timed(once), timed(once)]);
  } finally {
    tree.remove();
  }
}

/**
 * reprepro's own way, as it is typed: `copysrc` exports what it has changed, then `export` does it again, since a crash
 * between the first one's database and its export would never heal otherwise. `thrifty` tells copysrc to export nothing.
 */
function reprepro(count: number, copying: "as typed" | "thrifty" = "as typed"): number {
  const archive = mkdtempSync(join(repreproArchive(count), "../work-"));
  try {
    // Its databases are written into; the pool is only linked to.
    const kept = repreproArchive(count);
    for (const part of ["conf", "db", "dists"]) tool("cp", ["--archive", join(kept, part), archive]);
    tool("cp", ["--archive", "--link", join(kept, "pool"), archive]);
    const release = join(archive, "dists/bookworm/Release");
    const words = ["--silent", "-b", archive];
    const copysrc = [...words, ...(copying === "thrifty" ? ["--export=never"] : []), "copysrc"];
    const once = (number: number) => (): void => {
      tool("reprepro", [...copysrc, "bookworm", "bookworm-testing", `waiting${number}`]);
      tool("reprepro", [...words, "export", "bookworm"]);
      signAsBench("--armor", "--output", `${release}.gpg`, "--detach-sign", release);
      signAsBench("--output", join(archive, "dists/bookworm/InRelease"), "--clearsign", release);
    };
    return median([timed(once(0)), timed(once(1)), timed(once(2))]);
  } finally {
    rmSync(archive, { recursive: true, force: true });
  }
}

function repoAdd(count: number): number {
  const tree = workingTree("arch", count);
  const base = join(tree.root, bases.arch);
  const database = join(base, "qubes-r4.3-current.db.tar.gz");
  try {
    const waiting = waitingFiles("arch");
    const once = (number: number) => (): void => {
      const mine = readdirSync(waiting).filter((name) => name.startsWith(`waiting${number}-`));
      for (const name of mine) copyFileSync(join(waiting, name), join(base, name));
      for (const name of mine.filter((one) => !one.endsWith(".sig"))) {
        tool("repo-add", ["--quiet", database, join(base, name)]);
      }
      signAsBench("--output", `${database}.sig`, "--detach-sign", database);
    };
    return median([timed(once(0)), timed(once(1)), timed(once(2))]);
  } finally {
    tree.remove();
  }
}

const least: Readonly<Record<Kind, number>> = { rpm: 15, deb: 5, arch: 100 };
const standard: Readonly<Record<Kind, (count: number) => string>> = {
  rpm: () => "createrepo_c --no-database",
  deb: (count) =>
    `reprepro copysrc, export (${reprepro(count, "thrifty").toFixed(0)} ms if copysrc itself exports nothing)`,
  arch: () => "repo-add, one a package",
};

function comparison(kind: Kind, count: number): Figure {
  return {
    name: `repo.${kind}.${count}`,
    measure: async () => {
      const baseline = regeneration(kind, count);
      const value = promotion(kind, count);
      const goal: Goal = { on: "ratio", op: ">=", than: count === 8000 ? least[kind] : 1 };
      return { value, unit: "ms", goal, baseline, ratio: baseline / value, note: `beside ${standard[kind](count)}` };
    },
  };
}

const cold: Figure = {
  name: "repo.rpm.8000.cold",
  measure: async () => {
    const baseline = createrepo(8000);
    const tree = workingTree("rpm", 8000);
    try {
      const env = { GNUPGHOME: benchKey().directory };
      const once = (number: number) => (): void =>
        void tool(process.execPath, [program, "repo", ...promoteWords("rpm", tree.root, number)], { env });
      const value = median([timed(once(1)), timed(once(2)), timed(once(3))]);
      const goal: Goal = { on: "ratio", op: ">=", than: 3 };
      return { value, unit: "ms", goal, baseline, ratio: baseline / value, note: "a fresh process" };
    } finally {
      tree.remove();
    }
  },
};

const growth: Figure = {
  name: "repo.growth",
  measure: async () => {
    const factors: number[] = [];
    for (const kind of ["rpm", "deb", "arch"] as const) {
      factors.push(promotion(kind, 8000) / promotion(kind, 500));
    }
    const goal: Goal = { on: "value", op: "<=", than: 2 };
    const note = `rpm ${factors.map((factor) => factor.toFixed(2)).join(", deb, arch: ")}`;
    return { value: Math.max(...factors), unit: "times", goal, baseline: null, ratio: null, note };
  },
};

const memory: Figure = {
  name: "repo.memory",
  measure: async () => {
    const peaks = [0, 1, 2].map(() => promotions("rpm", 8000, 3).peak);
    const goal: Goal = { on: "value", op: "<=", than: 200 };
    return {
      value: median(peaks),
      unit: "MB",
      goal,
      baseline: null,
      ratio: null,
      note: "three promotions into 8,000 rpms",
    };
  },
};

/** The figures of this group. */
export const figures: readonly Figure[] = [
  ...(["rpm", "deb", "arch"] as const).flatMap((kind) => sizes.map((count) => comparison(kind, count))),
  cold,
  growth,
  memory,
];
