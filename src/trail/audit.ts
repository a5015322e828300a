/**
 * Re-checks the chain of one component, template or ISO, offline: signed comment → commit → packages → log → signatures. It
 * takes nobody's word but that of the three kinds of keys: maintainers' for comments, package keys for statements, packages
 * and metadata, the logs key for commits.
 */
import type { Tell } from "../domain/index.ts";
import { BrokenLink } from "./broken-link.ts";
import { checkAsked } from "./check-asked.ts";
import { checkFile, counted, isPackage, namesOf, needSound } from "./check-files.ts";
import { LogChecker } from "./check-logs.ts";
import { type Build, type Deed, nameOf, type Promotion, type Withdrawal, whichOf } from "./deed.ts";
import type { AuditEvidence, DeedPlace, ExaminedPlace, FoundFile, SignedBytes } from "./ports.ts";
import { readStatements, type Stated } from "./read-statements.ts";

/** What is asked about. */
export interface AuditQuestion {
  readonly release: string;
  /** A component's or template's name, or `iso`. */
  readonly name: string;
  /** A commit, a version, a version tag; null: everything that there is a statement about. */
  readonly which: string | null;
}

/** Checks everything, telling how far it is; answers one line for each deed that was found to hold. Throws {@link BrokenLink}. */
export async function audit(
  question: AuditQuestion,
  evidence: AuditEvidence,
  tell: Tell = () => undefined,
): Promise<readonly string[]> {
  const { release, name, which } = question;
  const logs = new LogChecker(evidence);
  const all = await readStatements(
    evidence,
    logs,
    ({ about }) => about.release === release && nameOf(about) === name,
    tell,
  );
  const asked = new Set(all.filter(({ deed }) => isAskedFor(deed, which)).map(({ deed }) => whichOf(deed.about)));
  const stated = all.filter(({ deed }) => asked.has(whichOf(deed.about)));
  if (stated.length === 0) {
    throw new BrokenLink("statement", `${release} ${name} ${which ?? ""}`.trim(), "no statement is kept about it");
  }
  const auditor = new Auditor(evidence, logs, all);
  const held: string[] = [];
  // What was done last counts most, and is looked at first.
  for (const [done, one] of [...stated].reverse().entries()) {
    tell({ what: "follows what is stated", done, total: stated.length });
    held.unshift(await auditor.audit(one));
  }
  return held;
}

/** A component's version is its tag's: `4.3.1` or `v4.3.1`. */
function isAskedFor(deed: Deed, which: string | null): boolean {
  if (which === null || whichOf(deed.about) === which) return true;
  const tag = deed.kind === "build" ? deed.source?.tag : null;
  return tag != null && (tag === which || tag === `v${which}`);
}

/** What changes a repository. */
type Change = Build | Promotion | Withdrawal;

class Auditor {
  readonly #evidence: AuditEvidence;
  readonly #logs: LogChecker;
  /** All that is stated of that name, oldest first. */
  readonly #all: readonly Stated[];

  constructor(evidence: AuditEvidence, logs: LogChecker, all: readonly Stated[]) {
    this.#evidence = evidence;
    this.#logs = logs;
    this.#all = all;
  }

  /** From the comment to the signatures; answers what holds. */
  async audit(stated: Stated): Promise<string> {
    const { deed } = stated;
    const by = await checkAsked(stated, this.#evidence);
    const which = whichOf(deed.about);
    const dist = deed.distribution === null ? "" : `${deed.distribution} `;
    switch (deed.kind) {
      case "hold":
      case "unhold":
        return `${dist}${deed.kind === "hold" ? "held" : "no longer held"}: ${which} ${by}`;
      case "build": {
        const logs = await this.#checkBuild(deed);
        return `${dist}built: ${which}, ${counted(deed.files)}, ${logs}`;
      }
      case "promote": {
        const rest = await this.#checkPromotion(deed);
        return `${dist}${deed.repository}: ${which} ${by}, ${counted(deed.files)}, ${rest}`;
      }
      case "withdraw": {
        const rest = await this.#checkWithdrawal(deed);
        return `${dist}${deed.repository}: ${which} withdrawn ${by}, ${counted(deed.files)}, ${rest}`;
      }
    }
  }

  /** It stands in testing for as long as nothing supersedes it there; where it does, it is what was built. */
  async #checkBuild(deed: Build): Promise<string> {
    const place = await this.#evidence.examine(placeOf(deed));
    const files = await place.files(namesOf(deed.files));
    for (const { name, sha256 } of deed.files) checkFile(files.get(name), name, sha256);
    const logs = await this.#checkLog(deed);
    return `${logs}${await this.#checkSignatures(deed, place, files)}`;
  }

  /** The log, and where a taken-up job found its work done, the earlier log that had announced it; both in words. */
  async #checkLog(deed: Change): Promise<string> {
    await this.#logs.check(deed.log);
    const log = `log ${deed.log.path}`;
    if (deed.log.takenUp !== true) return log;
    const earlier = await this.#logs.findEarlier(deed.log.path, (line) => announcesWork(line, deed));
    return `${log}, announced in ${earlier}`;
  }

  async #checkPromotion(deed: Promotion): Promise<string> {
    this.#checkBuilt(deed);
    const later = this.#later(deed);
    const place = await this.#evidence.examine(placeOf(deed));
    const files = await place.files(namesOf(deed.files));
    const newest = later.at(-1);
    const same = newest !== undefined && whichOf(newest.about) === whichOf(deed.about);
    // What a later deed about this very build says of the repository is checked with that one.
    if (!same) {
      for (const { name, sha256 } of deed.files) {
        const file = files.get(name);
        checkFile(file, name, sha256);
        const stands = file !== undefined && (file.listed !== null || !isPackage(name));
        if (!stands && newest === undefined) {
          needSound(place);
          const what = file === undefined ? "does not stand" : "is not listed";
          throw new BrokenLink("package", file?.path ?? name, `${what} in ${deed.repository}`);
        }
      }
    }
    const logs = await this.#checkLog(deed);
    const signatures = same ? "" : await this.#checkSignatures(deed, place, files);
    return `${logs}${signatures}${since(deed, newest)}`;
  }

  /** What went out is not listed, what stands again is. */
  async #checkWithdrawal(deed: Withdrawal): Promise<string> {
    const newest = this.#later(deed).at(-1);
    const place = await this.#evidence.examine(placeOf(deed));
    const files = await place.files(namesOf([...deed.files, ...deed.restored]));
    if (newest === undefined) {
      for (const { name } of deed.files) {
        const file = files.get(name);
        if (file?.listed != null) {
          throw new BrokenLink("package", file.path, `stands in ${deed.repository}, from which it was withdrawn`);
        }
      }
      for (const { name, sha256 } of deed.restored) {
        const file = files.get(name);
        checkFile(file, name, sha256);
        if (isPackage(name) && file?.listed == null) {
          needSound(place);
          throw new BrokenLink("package", name, `does not stand in ${deed.repository} again`);
        }
      }
    }
    const logs = await this.#checkLog(deed);
    const signatures = newest === undefined ? await this.#checkSignatures(deed, place, new Map()) : "";
    return `${logs}${signatures}${since(deed, newest)}`;
  }

  /** What was promoted is what was built. */
  #checkBuilt({ about, distribution, files }: Promotion): void {
    const which = whichOf(about);
    const builds = this.#all
      .map(({ deed }) => deed)
      .filter((deed): deed is Build => deed.kind === "build" && whichOf(deed.about) === which)
      .filter((build) => build.distribution === distribution);
    if (builds.length === 0) {
      throw new BrokenLink(
        "commit",
        which,
        `no build of it is stated${distribution === null ? "" : ` for ${distribution}`}`,
      );
    }
    for (const { name, sha256 } of files) {
      if (!builds.some((build) => build.files.some((file) => file.name === name && file.sha256 === sha256))) {
        throw new BrokenLink("package", name, "what was promoted is not what was built");
      }
    }
  }

  /** What was published to, promoted to or withdrawn from the same place later. */
  #later(deed: Change): Change[] {
    const after = this.#all
      .slice(this.#all.findIndex((stated) => stated.deed === deed) + 1)
      .map((stated) => stated.deed);
    return after
      .filter((one): one is Change => one.kind !== "hold" && one.kind !== "unhold")
      .filter((one) => one.distribution === deed.distribution && one.repository === deed.repository)
      .filter((one) => one.environment === deed.environment);
  }

  /**
   * The packages' own signatures and the metadata's: good, by a package key, and announced. Answers in words how many hold by
   * the weaker rule of `mode: log` only; nothing where none does.
   */
  async #checkSignatures(
    { environment }: Change,
    place: ExaminedPlace,
    files: ReadonlyMap<string, FoundFile>,
  ): Promise<string> {
    needSound(place);
    const all: SignedBytes[] = [];
    for (const { path, defect, signed } of files.values()) {
      if (defect !== null) throw new BrokenLink("signature", path, defect);
      if (signed !== null) all.push(signed);
    }
    all.push(...place.signed);
    let received = 0;
    for (const signed of all) if ((await this.#logs.checkSigned(signed, environment)) === "received") received += 1;
    if (received === 0) return "";
    return `; ${received} of ${all.length} signatures announced by no log (mode: log)`;
  }
}

const changed = { build: "published", promote: "promoted", withdraw: "withdrawn" };

/** Whether a log's line says of its job, before anything is done, that it is to do just this. */
function announcesWork(line: string, deed: Change): boolean {
  const { about, distribution, job } = deed;
  if (deed.kind !== "build") return ` ${line.replaceAll(",", "")} `.includes(` plan ${deed.plan} `);
  const where = distribution === null ? "" : ` for ${distribution}`;
  return line.startsWith("build of ") && line.endsWith(` ${whichOf(about)}${where} of ${about.release}, job ${job}`);
}

/** What became of the place later, for the reader. */
function since(deed: Change, newest: Change | undefined): string {
  if (newest === undefined) return "";
  const what = changed[newest.kind];
  if (whichOf(newest.about) !== whichOf(deed.about)) return `; ${whichOf(newest.about)} was ${what} there since`;
  return newest.kind === deed.kind ? `; ${what} again since` : `; ${what} since`;
}

function placeOf({ about, repository, distribution }: Change): DeedPlace {
  return { release: about.release, repository, distribution };
}
