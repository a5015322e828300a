import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { PublicKeys, Signer, SignRequest } from "../../promotion/index.ts";
import { runTool } from "./run-tool.ts";

/** A program that takes gpg's arguments: gpg itself, `qubes-gpg-client-wrapper`, `release-bot gpg-client`. */
export interface GpgProgram {
  readonly program: string;
  /** Set beside what the process has: `GNUPGHOME`, `QUBES_GPG_DOMAIN`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

const expected = {
  detach: { armored: /^-----BEGIN PGP SIGNATURE-----/, binary: /^[\x88-\x8a\xc2]/ },
  clear: { armored: /^-----BEGIN PGP SIGNED MESSAGE-----/, binary: /^-----BEGIN PGP SIGNED MESSAGE-----/ },
};

/** Signs by running a program as gpg is run: options first, the data on its standard input, the signature on its output. */
export class GpgProgramSigner implements Signer, PublicKeys {
  readonly #gpg: GpgProgram;

  constructor(gpg: GpgProgram) {
    this.#gpg = gpg;
  }

  async sign(request: SignRequest): Promise<Uint8Array> {
    const how =
      request.kind === "clear"
        ? ["--clearsign"]
        : ["--detach-sign", ...(request.encoding === "armored" ? ["--armor"] : [])];
    const output = await this.#run([...how, "-u", request.key], request.bytes, `sign ${request.name}`);
    if (!expected[request.kind][request.encoding].test(output.toString("latin1", 0, 64))) {
      throw new AdapterError("SIGNER_FAILED", `${this.#gpg.program} answered no signature for ${request.name}`);
    }
    return output;
  }

  async publicKey(key: Fingerprint): Promise<Uint8Array> {
    const output = await this.#run(["--export", key], new Uint8Array(), `export ${key}`);
    if (output.length === 0) {
      throw new AdapterError("SIGNER_FAILED", `${this.#gpg.program} has no public key ${key}`);
    }
    return output;
  }

  async #run(args: readonly string[], input: Uint8Array, what: string): Promise<Buffer> {
    const { program, environment, limitMs } = this.#gpg;
    const answer = await runTool({
      program,
      args: ["--batch", "--no-tty", ...args],
      input,
      environment,
      limitMs,
    }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new AdapterError("SIGNER_FAILED", `cannot ${what}: ${message}`, error);
    });
    if (answer.status === 0) return answer.stdout;
    const said = answer.stderr.trim().split("\n").slice(-3).join("; ").slice(-400);
    throw new AdapterError("SIGNER_FAILED", `cannot ${what}: ${program} ended with status ${answer.status}: ${said}`);
  }
}
