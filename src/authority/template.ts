import { type BuildTemplate, type Refusal, refusal, type UploadTemplate } from "../domain/index.ts";
import type { BuilderConfiguration, TemplateConfiguration } from "../formats/builder-yml/index.ts";
import { refuseUnknown } from "./environment.ts";
import { missingGrant, notGranted } from "./grants.ts";
import type { Matches, Question } from "./matches.ts";

/** Finds the configured template that a command names, by its name or as v1 does by DIST[+FLAVOR], and the right to it. */
export function matchTemplate(question: Question<BuildTemplate | UploadTemplate>): Matches {
  const { command, signer, environment } = question;
  const targets: Matches["targets"][number][] = [];
  for (const builder of environment.builders) {
    if (builder.release !== command.release) continue;
    const [template, ...others] = resolveTemplate(builder, command.template);
    if (template === undefined) continue;
    if (others.length > 0) return { targets: [], refusal: ambiguous(command.template, [template, ...others]) };
    const missing = missingGrant(builder.grants.get(signer), command.kind, { template: template.name });
    if (missing !== null)
      return { targets: [], refusal: notGranted({ signer, builder, missing, what: template.name }) };
    targets.push({ builder, target: { kind: "template", template } });
  }
  if (targets.length > 0) return { targets, refusal: null };
  // v1's spelling says nothing of how another environment has named its template: if it serves the distribution, it may be meant.
  const [dist] = splitOnce(command.template);
  if (environment.known?.distributions.includes(`vm-${dist}`) === true) return { targets, refusal: null };
  const unknown = { kind: "templates", name: command.template, of: command.release } as const;
  return { targets, refusal: refuseUnknown(environment, unknown) };
}

/** The template of that name, else those of that distribution and flavour. */
function resolveTemplate(builder: BuilderConfiguration, name: string): readonly TemplateConfiguration[] {
  const named = builder.templates.filter((template) => template.name === name);
  if (named.length > 0) return named;
  const [dist, flavor = null] = splitOnce(name);
  return builder.templates.filter((template) => template.dist === dist && template.flavor === flavor);
}

/** `fc37+minimal` → `fc37`, `minimal`. */
function splitOnce(name: string): readonly [string, string?] {
  const at = name.indexOf("+");
  return at === -1 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

function ambiguous(name: string, found: readonly TemplateConfiguration[]): Refusal {
  const names = found.map((template) => template.name).join(", ");
  return refusal("TEMPLATE_UNKNOWN", name, `'${name}' could be any of ${names}`, "name one of them");
}
