import type { Command, Fingerprint, Refusal } from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";
import type { Target } from "./authorized-command.ts";
import type { Environment } from "./environment.ts";
import type { LedgerView } from "./ports.ts";

/** Whether a signer may give that command in this environment. */
export interface Question<Asked extends Command> {
  readonly command: Asked;
  readonly signer: Fingerprint;
  readonly environment: Environment;
  readonly ledger: LedgerView;
}

/** Where in this environment a command may act, or why not; neither where nothing of it is served here. */
export interface Matches {
  readonly targets: readonly { readonly builder: BuilderConfiguration; readonly target: Target }[];
  readonly refusal: Refusal | null;
}
