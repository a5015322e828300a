import { type BuildIso, refusal } from "../domain/index.ts";
import { missingGrant, notGranted } from "./grants.ts";
import type { Matches, Question } from "./matches.ts";

/** Finds the builder that builds ISOs: one with a host distribution, of which there must be exactly one. */
export function matchIso({ command, signer, environment }: Question<BuildIso>): Matches {
  const targets: Matches["targets"][number][] = [];
  for (const builder of environment.builders) {
    const [host, ...others] = builder.distributions.filter(({ set }) => set === "host");
    if (builder.release !== command.release || host === undefined) continue;
    const missing = missingGrant(builder.grants.get(signer), command.kind, {});
    if (missing !== null) return { targets: [], refusal: notGranted({ signer, builder, missing, what: "Build-iso" }) };
    if (others.length > 0) {
      const names = [host, ...others].map(({ name }) => name).join(", ");
      const message = `an ISO is made of exactly one host distribution; the builder of ${builder.release} has ${names}`;
      return { targets: [], refusal: refusal("DISTRIBUTION_UNKNOWN", names, message, "ask the operator") };
    }
    targets.push({ builder, target: { kind: "iso", host } });
  }
  return { targets, refusal: null };
}
