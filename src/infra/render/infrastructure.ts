import type { Infrastructure } from "../description/infrastructure.ts";
import { environmentQubes, type PolicyPlan } from "../policy/plan.ts";
import { renderBuildQube } from "./build-qube.ts";
import { renderChecklist } from "./checklist.ts";
import { planQubes, renderDom0 } from "./dom0.ts";
import { renderNetQube } from "./net-qube.ts";
import { renderKeysQube, renderLogsQube } from "./other-qubes.ts";
import { renderSalt } from "./salt.ts";
import { renderBuilderTemplate, renderTemplate, templateNeeds } from "./templates.ts";
import { type Entry, type QubeTree, systemFile } from "./tree.ts";

/** The rendered folder: entries by path relative to it. A link's target is a path in its qube. */
export type RenderedFolder = ReadonlyMap<string, Entry>;

/**
 * Renders everything from the description: `QUBE/PATH` for each qube, dom0 and the templates; the same as a Salt formula
 * in `srv/`; `qubes.json` for `infra ask`, `infrastructure.json` for `infra check`, and the checklist.
 */
export function renderInfrastructure(infrastructure: Infrastructure): RenderedFolder {
  const trees = qubeTrees(infrastructure);
  const folder = new Map<string, Entry>();
  for (const [qube, tree] of trees) for (const [path, entry] of tree) folder.set(`${qube}${path}`, entry);
  for (const [path, entry] of renderSalt(infrastructure, trees)) folder.set(path, entry);
  folder.set("qubes.json", systemFile(json(qubeFacts(infrastructure))));
  folder.set("infrastructure.json", systemFile(json(policyPlan(infrastructure))));
  folder.set("CHECKLIST.md", systemFile(renderChecklist(infrastructure)));
  return folder;
}

function qubeTrees(infrastructure: Infrastructure): ReadonlyMap<string, QubeTree> {
  const { environments, netvm } = infrastructure;
  const trees = new Map<string, QubeTree>([["dom0", new Map()]]);
  for (const template of templateNeeds(infrastructure).keys()) {
    trees.set(template, renderTemplate(infrastructure, template));
  }
  if (environments.some(({ builderv2 }) => builderv2)) trees.set("builder-dvm", renderBuilderTemplate());
  trees.set(netvm, renderNetQube(infrastructure));
  for (const environment of environments) {
    const { build, keys } = environmentQubes(environment);
    trees.set(build, renderBuildQube(infrastructure, environment));
    trees.set(keys, renderKeysQube(environment));
    if (!trees.has(environment.logs)) trees.set(environment.logs, renderLogsQube(infrastructure, environment.logs));
  }
  const others = [...trees.keys()].filter((qube) => qube !== "dom0");
  trees.set("dom0", renderDom0(infrastructure, others));
  return trees;
}

/** What `infra ask --qubes` reads: the qubes as they will be. */
function qubeFacts(infrastructure: Infrastructure): Record<string, unknown> {
  const { netvm, netTemplate, buildTemplate, logsTemplate, keysTemplate } = infrastructure;
  const facts: Record<string, unknown> = { dom0: { type: "AdminVM" } };
  for (const template of [netTemplate, buildTemplate, logsTemplate, keysTemplate])
    facts[template] = { type: "TemplateVM" };
  facts[netvm] = { type: "AppVM" };
  // Also where it is the operator's own.
  if (infrastructure.environments.some(({ windows }) => windows)) {
    facts["builder-windows-dvm"] = { type: "AppVM", template_for_dispvms: true };
  }
  for (const plan of planQubes(infrastructure)) {
    facts[plan.name] = {
      type: "AppVM",
      ...(plan.templateForDisposables ? { template_for_dispvms: true } : {}),
      ...(plan.defaultDisposable === null ? {} : { default_dispvm: plan.defaultDisposable }),
    };
  }
  return facts;
}

/** What `infra check` holds the policy to. */
function policyPlan({ netvm, sshProxy, environments, remoteHosts }: Infrastructure): PolicyPlan {
  return {
    netvm,
    sshProxy,
    environments: environments.map(({ name, logs, builderv2, windows }) => ({ name, logs, builderv2, windows })),
    remoteHosts: remoteHosts.map(({ host }) => ({ host })),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
