import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { runVerify } from "../../src/programs/cli/verify/run.ts";
import { GpgHome } from "../support/gpg-home.ts";

/** What a run of the program left. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A maintainer's desk: a key that is trusted there, and a day in March 2023. */
export class VerifyDesk {
  readonly home = new GpgHome();
  readonly place = mkdtempSync(join(tmpdir(), "verify-"));
  readonly key = this.home.makeKey({ created: new Date("2023-01-01T00:00:00Z") });
  /** The options that name the trusted keys. */
  readonly keys = ["--keys", join(this.place, "keys")] as const;

  /** What the program is started with. */
  environment: Readonly<Record<string, string>> = {};

  constructor() {
    mkdirSync(join(this.place, "keys"));
    writeFileSync(join(this.place, "keys", `${this.key}.asc`), this.home.exportKey(this.key));
  }

  /** A message of these lines, signed by the trusted key on that day. */
  sign(...lines: readonly string[]): string {
    const at = new Date("2023-03-21T13:27:44Z");
    return this.home.clearSign(lines.map((line) => `${line}\n`).join(""), { key: this.key, at });
  }

  /** Runs the program within this process, as its entry does. */
  async verify(input: string, ...args: readonly string[]): Promise<Ran> {
    const said = { stdout: "", stderr: "" };
    const status = await runVerify(args, {
      environment: this.environment,
      now: new Date(),
      standardInput: () => Buffer.from(input),
      say: (text) => {
        said.stdout += text;
      },
      complain: (text) => {
        said.stderr += text;
      },
    });
    return { status, ...said };
  }

  /** The one JSON object that is printed, whose verdict the exit status repeats. */
  async judged(input: string, ...args: readonly string[]): Promise<unknown> {
    const { status, stdout, stderr } = await this.verify(input, ...this.keys, "--json", ...args);
    expect(stdout, stderr).toMatch(/^\{.*\}\n$/);
    const object = JSON.parse(stdout) as { accepted: boolean };
    expect(status).toBe(object.accepted ? 0 : 1);
    return object;
  }

  remove(): void {
    this.home.remove();
    rmSync(this.place, { recursive: true, force: true });
  }
}

/** Three minutes after the signature. */
export const clock = ["--at", "2023-03-21T13:30:00Z"] as const;
export const sha = "0123456789abcdef0123456789abcdef01234567";
export const iso = "Build-iso r4.2 4.2.202303211327 202303211327";
export const upload = `Upload-component r4.2 core-admin ${sha} current vm-bookworm,host-fc37`;
