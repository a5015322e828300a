import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash } from "node:crypto";

/** A git object as it was read. */
export interface GitObject {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Reads git objects and proves each to be what its name says: git itself does not look when it reads, so a changed byte
 * in the repository's files would pass.
 */
export class ObjectReader {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #last: Promise<unknown> = Promise.resolve();

  constructor(repository: string) {
    const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" };
    this.#child = spawn("git", ["--git-dir", repository, "cat-file", "--batch"], {
      env: { ...environment, GIT_CONFIG_GLOBAL: "/dev/null" },
    });
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => undefined);
    this.#child.on("error", () => undefined);
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The object of that name; null where there is none, or it is not what its name says. */
  read(id: string): Promise<GitObject | null> {
    const turn = this.#last.then(() => this.#read(id));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #read(id: string): Promise<GitObject | null> {
    this.#child.stdin.write(`${id}\n`);
    const line = await this.#line();
    const [, type, size] = /^[0-9a-f]{40} ([a-z]+) ([0-9]+)$/.exec(line ?? "") ?? [];
    if (type === undefined || size === undefined) return null;
    const body = await this.#bytes(Number(size) + 1);
    if (body === null) return null;
    const object = { type, body: body.subarray(0, -1) };
    const name = createHash("sha1").update(`${type} ${size}\0`).update(object.body).digest("hex");
    return name === id ? object : null;
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  async #line(): Promise<string | null> {
    for (let end = this.#rest.indexOf(10); ; end = this.#rest.indexOf(10)) {
      if (end !== -1) {
        const line = this.#rest.subarray(0, end).toString("latin1");
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (!(await this.#more())) return null;
    }
  }

  async #bytes(count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let length = 0;
    while (length < count) {
      if (this.#rest.length === 0 && !(await this.#more())) return null;
      const part = this.#rest.subarray(0, count - length);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      length += part.length;
    }
    return Buffer.concat(parts);
  }
}
