import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "./tool.ts";

/** Throw-away keys of Sequoia's sq, which makes keys and signatures that differ from gpg's in many small ways. */
export class SqKey {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes a key; more options of `sq key generate`: `--cipher-suite rsa3k`, `--expires …`. */
  static make(created: Date, options: readonly string[] = []): SqKey {
    const key = new SqKey(mkdtempSync(join(tmpdir(), "sq-")));
    const time = ["--creation-time", sqTime(created)];
    runTool("sq", [
      "key",
      "generate",
      "--userid",
      "<sq@example.org>",
      ...time,
      ...options,
      "--export",
      key.#path("key"),
    ]);
    return key;
  }

  /** Takes over a secret key that gpg made. */
  static of(secretKey: string): SqKey {
    const key = new SqKey(mkdtempSync(join(tmpdir(), "sq-")));
    writeFileSync(key.#path("key"), secretKey);
    return key;
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  /** The certificate, armored. */
  certificate(): string {
    return runTool("sq", ["key", "extract-cert", this.#path("key")]).toString();
  }

  /** A revocation of the key, to be imported beside its certificate. */
  revocation(at: Date): string {
    const args = ["revoke", "certificate", "--time", sqTime(at), "--certificate", this.#path("key")];
    return runTool("sq", [...args, "compromised", "a test"]).toString();
  }

  /** A clear-signed message, one line feed at its end. */
  clearSign(text: string, at: Date): string {
    const args = ["sign", "--cleartext-signature", "--time", sqTime(at), "--signer-key", this.#path("key")];
    return runTool("sq", args, { input: text }).toString();
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** `2023-03-21T13:27:44Z` */
function sqTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
