import { join } from "node:path";
import type { LoadedBuilder } from "../../../adapters/configuration/index.ts";
import { NodeDisk } from "../../../adapters/files/index.ts";
import { openRepositories } from "../../../adapters/repository/index.ts";
import { GpgProgramSigner } from "../../../adapters/signer/index.ts";
import { openAgentStore } from "../../../adapters/store/index.ts";
import type { AuthorizedCommand, LedgerView } from "../../../authority/index.ts";
import { AdapterError, type Fingerprint, type Refusal, refusal } from "../../../domain/index.ts";
import type { PublicKeys } from "../../../promotion/index.ts";
import type { VerifiedMessage } from "../../../signed/index.ts";
import { outboxEntries } from "../../agent/outbox-entries.ts";
import { decide, type PromotionCommand, planPromotions } from "../../agent/promotion-plan.ts";
import type { AgentSettings } from "../../agent/settings.ts";

/** What a build qube knows beyond its configuration: what has run, what is held, what stands in its repositories. */
export interface BuildState {
  readonly ledger: LedgerView;
  /** `REPLAYED` for a message that this qube has taken already. */
  refuseReplay(message: VerifiedMessage): Promise<Refusal | null>;
  /** What the plan of a promotion says; nothing is changed. Null too for what is no promotion. Throws AdapterError. */
  refusePromotion(command: AuthorizedCommand, now: Date): Promise<Refusal | null>;
  close(): Promise<void>;
}

/** What it is opened from. */
export interface BuildStateParts {
  /** The agent's database, which is there. */
  readonly database: string;
  readonly settings: AgentSettings;
  readonly builders: readonly LoadedBuilder[];
}

/** Reads beside a running agent, as the other subcommands do. */
export function openBuildState({ database, settings, builders }: BuildStateParts): BuildState {
  const store = openAgentStore(database, outboxEntries(settings));
  const ledger = store.ledger.view;
  return {
    ledger,
    refuseReplay: async ({ ledgerKey, signer }) =>
      (await store.ledger.find(ledgerKey)) === null
        ? null
        : refusal("REPLAYED", signer, "this qube knows the signature already; it runs once", "sign the command again"),
    refusePromotion: async (command, now) => {
      const wanted = promotionOf(command);
      const builder = builders.find(({ configuration }) => configuration === command.builder);
      if (wanted === null || builder === undefined) return null;
      const { artifactsDir } = builder.configuration;
      const repositories = openRepositories({
        root: join(artifactsDir, "repository-publish"),
        artifacts: artifactsDir,
        disk: new NodeDisk(),
        clock: () => now,
        keys: publicKeys(settings),
        debEngine: "auto",
      });
      // Nobody asks GitHub here; a note says so.
      const plans = await planPromotions(repositories, {
        command,
        wanted,
        builder,
        buggy: false,
        minAgeDays: builder.configuration.minAgeDays,
        ledger,
        now,
      });
      const decided = decide(plans, wanted, []);
      return decided.ok ? null : decided.error;
    },
    close: () => store.database.close(),
  };
}

function promotionOf({ command }: AuthorizedCommand): PromotionCommand | null {
  switch (command.kind) {
    case "upload-component":
    case "upload-template":
    case "withdraw-component":
      return command;
    case "build-component":
    case "build-template":
    case "build-iso":
    case "hold":
    case "unhold":
      return null;
  }
}

/** The keys qube is not asked for an offline check: each of its answers is logged there, and this is nobody's job. */
function publicKeys({ sign }: AgentSettings): PublicKeys {
  if (sign.via === "gpg") {
    const environment = sign.homedir === null ? {} : { GNUPGHOME: sign.homedir };
    return new GpgProgramSigner({ program: "gpg", environment, limitMs: 60_000 });
  }
  return {
    publicKey: async (key: Fingerprint) => {
      throw new AdapterError("SIGNER_FAILED", `the public key ${key} is in the keys qube, which is not asked here`);
    },
  };
}
