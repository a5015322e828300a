/** Logs as they are kept: what statements and checkpoints say of them, and what they announce. */
import { createHash } from "node:crypto";
import { parseCommitSha } from "../domain/index.ts";
import { type Announcement, renderAnnouncement } from "../formats/build-log/index.ts";
import type { LogFact } from "../formats/in-toto/index.ts";
import { BrokenLink } from "./broken-link.ts";
import { checkReceived } from "./log-mode.ts";
import type { AuditEvidence, FoundAnnouncement, SignedBytes } from "./ports.ts";

interface CheckpointLine {
  readonly length: number;
  readonly sha256: string;
  readonly announcements: readonly Announcement[];
}

/** Checks logs, each once. */
export class LogChecker {
  readonly #evidence: AuditEvidence;
  readonly #sound = new Set<string>();
  #announced: Promise<readonly FoundAnnouncement[]> | null = null;

  constructor(evidence: AuditEvidence) {
    this.#evidence = evidence;
  }

  /** That a log is what a statement says of it, was committed by the logs key, and has not been changed since. */
  async check(log: LogFact): Promise<void> {
    const commit = parseCommitSha(log.commit);
    if (commit === null || !(await this.#evidence.isSignedOnBranch(commit))) {
      throw new BrokenLink("commit", log.commit, "is not on the logs branch with a signature of the logs key");
    }
    const bytes = await this.#evidence.readLog(log.path, commit);
    if (bytes === null) throw new BrokenLink("log", log.path, `is not in commit ${commit}`);
    if (bytes.length !== log.length || sha256(bytes) !== log.sha256) {
      throw new BrokenLink("log", log.path, "is not what the statement says of it");
    }
    const now = await this.#evidence.readLog(log.path, null);
    // A line that push was pending may have been added since; nothing else.
    if (now === null || !Buffer.from(now).subarray(0, bytes.length).equals(bytes)) {
      throw new BrokenLink("log", log.path, "has been changed since, or is gone from the branch");
    }
    await this.checkCheckpoints(log.path);
  }

  /**
   * Finds the earlier log, of the same qube and label, that says in a line of the agent's own what it was about to do, and
   * that announced signatures (in an environment of `mode: log` it need not have). Throws {@link BrokenLink} where there is none.
   */
  async findEarlier(log: string, isWork: (ownLine: string) => boolean): Promise<string> {
    this.#announced ??= this.#readAnnouncements();
    const folder = log.slice(0, log.lastIndexOf("/") + 1);
    const announcesNothing = this.#evidence.logMode.environments.has(log.split("/")[0] ?? "");
    const known = announcesNothing
      ? this.#evidence.paths.filter((path) => !path.endsWith(".checkpoints")).map(withoutPart)
      : (await this.#announced).map((one) => one.log);
    const earlier = [...new Set(known)].filter((one) => one.startsWith(folder) && isBefore(one, log));
    for (const path of earlier.sort((a, b) => (isBefore(a, b) ? 1 : -1))) {
      const text = Buffer.from((await this.#evidence.readLog(path, null)) ?? "").toString("latin1");
      const own = text.split("\n").map(withoutStamp);
      if (!own.some((line) => line.startsWith("> ") && isWork(line.slice(2)))) continue;
      await this.checkCheckpoints(path);
      return path;
    }
    throw new BrokenLink("log", log, "its work was done in an earlier log, and none there announced it");
  }

  /** That each checkpoint of a log is of a beginning of it, and announces what that part says. */
  async checkCheckpoints(path: string): Promise<void> {
    if (this.#sound.has(path)) return;
    const name = `${path}.checkpoints`;
    if (this.#evidence.paths.includes(name)) {
      const log = await this.#evidence.readLog(path, null);
      // Its job runs still, or its receiver has not come back: the checkpoints stand alone until then.
      if (log !== null) checkPrefixes(path, await this.#lines(name), Buffer.from(log));
    }
    this.#sound.add(path);
  }

  /** That a log has announced this signature; in an environment of `mode: log`, that a log was received when it was made. */
  async checkSigned(signed: SignedBytes, environment: string): Promise<"announced" | "received"> {
    this.#announced ??= this.#readAnnouncements();
    const { kind, sha256 } = signed;
    const found = (await this.#announced).find((one) => one.kind === kind && one.sha256 === sha256);
    if (found === undefined) {
      await checkReceived(signed, environment, this.#evidence);
      return "received";
    }
    await this.checkCheckpoints(found.log);
    return "announced";
  }

  async #readAnnouncements(): Promise<readonly FoundAnnouncement[]> {
    const found: FoundAnnouncement[] = [];
    for (const name of this.#evidence.paths.filter((path) => path.endsWith(".checkpoints"))) {
      const log = name.slice(0, -".checkpoints".length);
      for (const { announcements } of await this.#lines(name))
        found.push(...announcements.map((one) => ({ ...one, log })));
    }
    return found;
  }

  async #lines(name: string): Promise<readonly CheckpointLine[]> {
    const text = Buffer.from((await this.#evidence.readLog(name, null)) ?? "").toString("latin1");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => parseCheckpointLine(name, line));
  }
}

function parseCheckpointLine(name: string, untrusted: string): CheckpointLine {
  try {
    const { length, sha256, announcements } = JSON.parse(untrusted) as CheckpointLine;
    const written = JSON.stringify({ length, sha256, announcements });
    // Written as the receiver writes it, each announcement in the one form that it has.
    announcements.forEach(renderAnnouncement);
    if (written === untrusted && Number.isSafeInteger(length) && /^[0-9a-f]{64}$/.test(sha256)) {
      return { length, sha256, announcements };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)) throw error;
  }
  throw new BrokenLink("log", name, "is no list of checkpoints");
}

function checkPrefixes(path: string, checkpoints: readonly CheckpointLine[], log: Buffer): void {
  const hash = createHash("sha256");
  let from = 0;
  for (const { length, sha256: expected, announcements } of checkpoints) {
    const part = log.subarray(from, Math.max(from, length));
    hash.update(part);
    from = Math.max(from, length);
    if (from > log.length || length < from || hash.copy().digest("hex") !== expected) {
      throw new BrokenLink("log", path, `does not begin as its checkpoint of ${length} bytes says`);
    }
    const said = new Set(part.toString("latin1").split("\n").map(withoutStamp));
    const unsaid = announcements.find((one) => !said.has(renderAnnouncement(one)));
    if (unsaid !== undefined) {
      throw new BrokenLink("log", path, `does not announce what its checkpoint of ${length} bytes says`);
    }
  }
}

/** By the time in the name, which is of a log's start; a number behind it orders those of one second. */
function isBefore(one: string, other: string): boolean {
  const key = (path: string): string => path.replace(/\.([0-9]+)$/, (_, n: string) => n.padStart(8));
  return key(one) < key(other);
}

function withoutPart(path: string): string {
  return path.replace(/\.part-[0-9]{3}$/, "");
}

const stamp = /^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6} \+0000 [A-Za-z0-9_.-]{1,31}: /;

function withoutStamp(line: string): string {
  return line.replace(stamp, "");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
