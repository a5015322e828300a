import { createHash } from "node:crypto";
import type { JobLog } from "../../build/ports.ts";
import { AdapterError, type Fingerprint, type QubeName } from "../../domain/index.ts";
import { signArguments } from "../../formats/split-gpg/index.ts";
import type { PublicKeys, Signer, SignRequest } from "../../promotion/ports.ts";
import { callSplitGpg } from "./split-gpg-call.ts";
import type { QrexecTransport } from "./transport.ts";

/** A signer in the agent's own process. */
export interface AnnouncingSigner {
  readonly transport: QrexecTransport;
  /** The keys qube, or `@default` where the policy knows it. */
  readonly target: QubeName | "@default";
  /** The job's log: each signature is announced there first. */
  readonly log: Pick<JobLog, "announce">;
  readonly timeoutMs: number;
}

/** The public halves of the keys at the keys qube; nothing can be signed with it. */
export function publicKeysAt(options: Omit<AnnouncingSigner, "log">): PublicKeys {
  return {
    async publicKey(key: Fingerprint): Promise<Uint8Array> {
      const answer = await callSplitGpg({ ...options, args: ["--batch", "--export", key], input: [] });
      if (answer.status === 0 && answer.stdout.length > 0) return answer.stdout;
      throw new AdapterError("SIGNER_FAILED", `the keys qube has no public key ${key}: ${lastLine(answer.stderr)}`);
    },
  };
}

/** Signs at the keys qube: hashes the bytes, announces them in the job's log, then asks for the signature over them. */
export function announcingSigner(options: AnnouncingSigner): Signer & PublicKeys {
  return {
    ...publicKeysAt(options),

    async sign(request: SignRequest): Promise<Uint8Array> {
      const { kind, key, name, bytes } = request;
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      try {
        await options.log.announce({ kind, key, sha256, length: bytes.length, name });
        const { encoding } = request;
        const args = signArguments({ signature: kind, key, encoding, digest: null, status: "unwanted" });
        const answer = await callSplitGpg({ ...options, args, input: [bytes] });
        if (answer.status === 0 && answer.stdout.length > 0) return answer.stdout;
        throw new AdapterError("SIGNER_FAILED", `no signature for ${name}: ${lastLine(answer.stderr)}`);
      } catch (error) {
        if (error instanceof AdapterError && error.code === "SIGNER_FAILED") throw error;
        const why = error instanceof Error ? error.message : String(error);
        throw new AdapterError("SIGNER_FAILED", `no signature for ${name}: ${why}`, error);
      }
    },
  };
}

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "the key gate gave no reason").replace(/[^\x20-\x7e]+/g, " ").slice(0, 500);
}
