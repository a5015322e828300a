import {
  type IsoVersion,
  no,
  ok,
  parseTemplateVersion,
  type Refusal,
  type Release,
  type Result,
  refusal,
  type TemplateName,
  type TemplateVersion,
  type Timestamp,
} from "../domain/index.ts";
import type { IsoTask, TemplateTask } from "./image-ports.ts";
import type { BuilderPlace } from "./ports.ts";

/** A template's version as builder v2 makes it: the release's first version, then the timestamp: `4.3.0-202508191723`. */
function templateVersion(release: Release, timestamp: Timestamp): TemplateVersion | null {
  const numbers = release.startsWith("r") ? `${release.slice(1)}.0` : "0.0.0";
  return parseTemplateVersion(`${numbers}-${timestamp}`);
}

/** A template that this builder is configured for, as a task. */
export function templateTask(
  builder: BuilderPlace,
  template: TemplateName,
  timestamp: Timestamp,
): Result<TemplateTask, Refusal> {
  const { release, templates } = builder.configuration;
  const found = templates.find(({ name }) => name === template);
  const version = templateVersion(release, timestamp);
  if (found === undefined || version === null) {
    const known = templates.map(({ name }) => name).join(", ");
    return no(
      refusal("TEMPLATE_UNKNOWN", template, "this builder builds no such template", `It builds: ${known || "none"}.`),
    );
  }
  return ok({
    kind: "template",
    builder,
    template: found,
    subject: { kind: "template", release, template: found.name, version },
    timestamp,
  });
}

/** An ISO as a task: its dom0 is the builder's host distribution, of which there must be exactly one. */
export function isoTask(
  builder: BuilderPlace,
  version: IsoVersion,
  timestamp: Timestamp,
  kind: IsoTask["release"],
): Result<IsoTask, Refusal> {
  const { release, distributions } = builder.configuration;
  const hosts = distributions.filter(({ set }) => set === "host");
  const [distribution, ...others] = hosts;
  if (distribution === undefined || others.length > 0) {
    const names = hosts.map(({ name }) => name).join(", ") || "none";
    return no(
      refusal(
        "DISTRIBUTION_UNKNOWN",
        names,
        `an ISO needs exactly one host distribution, and this builder has ${hosts.length}`,
      ),
    );
  }
  return ok({
    kind: "iso",
    builder,
    distribution,
    subject: { kind: "iso", release, version },
    timestamp,
    release: kind,
  });
}
