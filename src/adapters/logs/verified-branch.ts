/** The logs branch, every commit of which has been proven by its hash, from a head that the logs key signed. */
import { AdapterError, type CommitSha, parseCommitSha } from "../../domain/index.ts";
import { BrokenLink } from "../../trail/index.ts";
import { Git } from "./git.ts";
import { ObjectReader } from "./object-reader.ts";

interface Commit {
  readonly tree: string;
  readonly body: Buffer;
}

/** Whether a detached signature over bytes is good and by the logs key. */
export type LogsVerifier = (signature: Uint8Array, bytes: Uint8Array) => Promise<boolean>;

/** A branch that can be read from. */
export class VerifiedBranch {
  readonly head: CommitSha;
  readonly #reader: ObjectReader;
  readonly #commits: ReadonlyMap<string, Commit>;
  readonly #verify: LogsVerifier;
  readonly #signed = new Map<string, boolean>();

  private constructor(
    reader: ObjectReader,
    head: CommitSha,
    commits: ReadonlyMap<string, Commit>,
    verify: LogsVerifier,
  ) {
    this.#reader = reader;
    this.head = head;
    this.#commits = commits;
    this.#verify = verify;
  }

  /** Walks from the head to the root. Throws {@link BrokenLink} `commit`. */
  static async open(repository: string, branch: string, verify: LogsVerifier): Promise<VerifiedBranch> {
    const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", GIT_CONFIG_GLOBAL: "/dev/null" };
    const named = await new Git({ directory: repository, environment }).try([
      "rev-parse",
      "--verify",
      `refs/heads/${branch}`,
    ]);
    const head = parseCommitSha(named.stdout.toString("latin1").trim());
    if (head === null) throw new AdapterError("NOT_FOUND", `${repository}: has no branch ${branch}`);
    const reader = new ObjectReader(repository);
    const commits = new Map<string, Commit>();
    try {
      for (const wanted = [head as string]; wanted.length > 0; ) {
        const id = wanted.pop();
        if (id === undefined || commits.has(id)) continue;
        const object = await reader.read(id);
        if (object?.type !== "commit")
          throw new BrokenLink("commit", id, "is damaged or missing in the logs repository");
        const header = object.body.toString("latin1").split("\n\n", 1)[0] ?? "";
        commits.set(id, { tree: /^tree ([0-9a-f]{40})$/m.exec(header)?.[1] ?? "", body: object.body });
        for (const [, parent] of header.matchAll(/^parent ([0-9a-f]{40})$/gm))
          if (parent !== undefined) wanted.push(parent);
      }
      const opened = new VerifiedBranch(reader, head, commits, verify);
      if (await opened.isSigned(head)) return opened;
      throw new BrokenLink("commit", head, "is the head of the logs branch, and the logs key has not signed it");
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** Whether a commit is on the branch, and signed by the logs key. */
  async isSigned(id: string): Promise<boolean> {
    const commit = this.#commits.get(id);
    if (commit === undefined) return false;
    const known = this.#signed.get(id);
    if (known !== undefined) return known;
    const split = splitSignature(commit.body);
    const signed = split !== null && (await this.#verify(split.signature, split.payload));
    this.#signed.set(id, signed);
    return signed;
  }

  /** A commit's message; empty where it is none of the branch's. */
  message(id: string): string {
    const text = this.#commits.get(id)?.body.toString("latin1") ?? "";
    return text.slice(text.indexOf("\n\n") + 2);
  }

  /** A file as a commit has it; null where it has none. Throws {@link BrokenLink} `log` where it is damaged. */
  async read(commit: string, path: string): Promise<Buffer | null> {
    let id = this.#commits.get(commit)?.tree;
    for (const name of path.split("/")) {
      if (id === undefined) return null;
      id = (await this.#tree(id, path)).get(name);
    }
    if (id === undefined) return null;
    const blob = await this.#reader.read(id);
    if (blob?.type !== "blob") throw new BrokenLink("log", path, "is damaged or missing in the logs repository");
    return blob.body;
  }

  /** Every path of the head. */
  async paths(): Promise<string[]> {
    const found: string[] = [];
    const walk = async (id: string, prefix: string): Promise<void> => {
      for (const [name, child] of await this.#tree(id, prefix)) {
        if (this.#folders.has(child)) await walk(child, `${prefix}${name}/`);
        else found.push(`${prefix}${name}`);
      }
    };
    await walk(this.#commits.get(this.head)?.tree ?? "", "");
    return found;
  }

  close(): void {
    this.#reader.close();
  }

  readonly #folders = new Set<string>();

  async #tree(id: string, path: string): Promise<Map<string, string>> {
    const object = await this.#reader.read(id);
    if (object?.type !== "tree") throw new BrokenLink("log", path, "its folder is damaged in the logs repository");
    const entries = new Map<string, string>();
    for (let at = 0; at < object.body.length; ) {
      const space = object.body.indexOf(0x20, at);
      const end = object.body.indexOf(0, space);
      const child = object.body.subarray(end + 1, end + 21).toString("hex");
      if (object.body.subarray(at, space).toString("latin1") === "40000") this.#folders.add(child);
      entries.set(object.body.subarray(space + 1, end).toString("utf8"), child);
      at = end + 21;
    }
    return entries;
  }
}

/** A commit's signature, and what it covers: the commit without it. */
function splitSignature(body: Buffer): { readonly signature: Buffer; readonly payload: Buffer } | null {
  const text = body.toString("latin1");
  const found = /^gpgsig (.*(?:\n .*)*)\n/m.exec(text);
  // Only in the header: a commit's message can say anything.
  if (found?.[1] === undefined || found.index > text.indexOf("\n\n")) return null;
  const payload = text.slice(0, found.index) + text.slice(found.index + found[0].length);
  return {
    signature: Buffer.from(found[1].replaceAll("\n ", "\n"), "latin1"),
    payload: Buffer.from(payload, "latin1"),
  };
}
