import type { Command, ComponentName, Distribution, Fingerprint, TraceId } from "../domain/index.ts";
import type { BuilderConfiguration, TemplateConfiguration } from "../formats/builder-yml/index.ts";
import type { LedgerKey } from "../signed/index.ts";
import type { OrderScope } from "./ports.ts";

/** By whose right a command runs. */
export type Authority =
  | {
      readonly kind: "signed";
      readonly signer: Fingerprint;
      readonly signedAt: Date;
      readonly trace: TraceId;
      readonly ledgerKey: LedgerKey;
      /** Which of the message's lines, from 0. */
      readonly line: number;
    }
  /** Whoever has a shell in the build qube: `release-bot promote --local`. Never a comment. */
  | { readonly kind: "operator"; readonly trace: TraceId };

/** What it may touch, in this builder's own concrete names. */
export type Target =
  | {
      readonly kind: "component";
      readonly component: ComponentName;
      readonly distributions: readonly [Distribution, ...Distribution[]];
    }
  | { readonly kind: "template"; readonly template: TemplateConfiguration }
  | { readonly kind: "iso"; readonly host: Distribution };

/** What an authorized command is made of. */
export interface Authorization {
  /** Template names are the configured ones, whichever spelling was signed. */
  readonly command: Command;
  /** The line as it was signed. */
  readonly line: string;
  readonly authority: Authority;
  readonly builder: BuilderConfiguration;
  readonly target: Target;
}

/**
 * A command that its signer may give to this builder. The face of this room exports the type alone; only
 * {@link authorize} and {@link authorizeOperator} make one, and nothing is promoted without one.
 */
export class AuthorizedCommand implements Authorization {
  readonly #authorized = true;
  readonly command: Command;
  readonly line: string;
  readonly authority: Authority;
  readonly builder: BuilderConfiguration;
  readonly target: Target;

  constructor(authorization: Authorization) {
    this.command = authorization.command;
    this.line = authorization.line;
    this.authority = authorization.authority;
    this.builder = authorization.builder;
    this.target = authorization.target;
  }

  /** True for what this room made; false for anything that merely looks like it. */
  static is(value: object): value is AuthorizedCommand {
    return #authorized in value && value.#authorized;
  }
}

/** What has to be noted in the ledger once the command has run, so that no earlier-signed one runs after it. */
export function orderScopes(authorized: AuthorizedCommand): readonly OrderScope[] {
  if (!AuthorizedCommand.is(authorized)) throw new TypeError("a command was not authorized");
  const { command, target } = authorized;
  const { release } = command;
  switch (target.kind) {
    case "component":
      return target.distributions.map(({ name }) => {
        return { release, subject: `component ${target.component}`, distribution: name };
      });
    case "template":
      return [{ release, subject: `template ${target.template.name}`, distribution: null }];
    case "iso":
      return [{ release, subject: "iso", distribution: null }];
  }
}
