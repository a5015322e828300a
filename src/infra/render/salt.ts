import { stringify } from "yaml";
import type { Infrastructure } from "../description/infrastructure.ts";
import { planQubes, type QubePlan } from "./dom0.ts";
import { templateNeeds } from "./templates.ts";
import type { Entry, QubeTree } from "./tree.ts";

/** Where Salt keeps a secret in a qube's pillar. */
const pillarKey = "release-bot-secrets";
const formula = "srv/salt/build-infra";
const pillar = "srv/pillar/build-infra";
const note = "# Written by 'release-bot infra render': change build-infra.yml instead.\n";

/** A state's arguments as Salt takes them: a list of one-key maps. */
type State = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/**
 * The formula: static states, one a qube, with their files beside them; the top files; and a pillar a qube that has
 * secrets, which only that qube is shown.
 */
export function renderSalt(
  infrastructure: Infrastructure,
  trees: ReadonlyMap<string, QubeTree>,
): ReadonlyMap<string, Entry> {
  const files = new Map<string, Entry>();
  const put = (path: string, content: string, mode = 0o644): void => {
    files.set(path, { kind: "file", content, mode, owner: "root", secret: mode === 0o600 });
  };
  const top: Record<string, string[]> = {};
  const pillarTop: Record<string, string[]> = {};
  for (const [qube, tree] of trees) {
    const states: Record<string, State> = qube === "dom0" ? dom0States(infrastructure) : {};
    const secrets: Record<string, string> = {};
    for (const [path, entry] of tree) {
      if (path.startsWith("/root/")) continue; // scripts for those who do not use Salt
      states[path] = fileState(qube, path, entry);
      if (entry.kind === "link") continue;
      if (entry.secret) secrets[path] = entry.content;
      else put(`${formula}/files/${qube}${path}`, entry.content);
    }
    const needs = templateNeeds(infrastructure).get(qube);
    if (needs !== undefined) {
      states["release-bot-packages"] = { "pkg.installed": [{ pkgs: needs.packages }] };
      const installed = [{ require: [{ pkg: "release-bot-packages" }] }];
      for (const unit of needs.units) states[unit] = { "service.enabled": installed };
      for (const unit of needs.disabled) states[unit] = { "service.disabled": installed };
    }
    if (Object.keys(states).length === 0) continue;
    put(`${formula}/${stateName(qube)}.sls`, note + stringify(states, { lineWidth: 0 }));
    top[qube] = [`build-infra.${stateName(qube)}`];
    if (Object.keys(secrets).length === 0) continue;
    put(`${pillar}/${stateName(qube)}.sls`, note + stringify({ [pillarKey]: secrets }, { lineWidth: 0 }), 0o600);
    pillarTop[qube] = [`build-infra.${stateName(qube)}`];
  }
  put(`${formula}/init.top`, note + stringify({ base: top }));
  put(`${pillar}/init.top`, note + stringify({ base: pillarTop }));
  return files;
}

/** A dot in a state's name would be a directory. */
function stateName(qube: string): string {
  return qube.replaceAll(".", "_");
}

function fileState(qube: string, path: string, entry: Entry): State {
  if (entry.kind === "link") {
    return { "file.symlink": [{ target: entry.target }, { force: true }, { makedirs: true }] };
  }
  const { owner, mode, secret } = entry;
  const content = secret
    ? { contents_pillar: `${pillarKey}:${path}` }
    : { source: `salt://build-infra/files/${qube}${path}` };
  return {
    "file.managed": [
      content,
      { user: owner },
      { group: owner },
      { mode: mode.toString(8).padStart(4, "0") },
      { makedirs: true },
      ...(path.includes("/.ssh/") ? [{ dir_mode: "0700" }] : []),
      ...(secret ? [{ show_changes: false }] : []),
    ],
  };
}

function dom0States(infrastructure: Infrastructure): Record<string, State> {
  const states: Record<string, State> = {};
  for (const plan of planQubes(infrastructure)) {
    states[plan.name] = { "qvm.vm": qubeArguments(plan) };
    if (plan.volumeSize === null) continue;
    states[`volume-${plan.name}`] = {
      "cmd.run": [
        { name: `qvm-volume extend ${plan.name}:private ${plan.volumeSize}` },
        {
          unless: `test "$(qvm-volume info ${plan.name}:private size)" -ge "$(numfmt --from=auto ${plan.volumeSize.replace(/iB$/, "i")})"`,
        },
        { require: [{ qvm: plan.name }] },
      ],
    };
  }
  states[`${infrastructure.netvm}-receiver`] = {
    "qvm.service": [{ name: infrastructure.netvm }, { enable: ["release-bot-receiver"] }],
  };
  return states;
}

function qubeArguments(plan: QubePlan): readonly Readonly<Record<string, unknown>>[] {
  const prefs = [
    { template: plan.template },
    { netvm: plan.netvm ?? "none" },
    ...(plan.templateForDisposables ? [{ "dispvm-allowed": true }] : []),
    ...(plan.defaultDisposable === null ? [] : [{ "default-dispvm": plan.defaultDisposable }]),
  ];
  return [
    { present: [{ template: plan.template }, { label: plan.label }] },
    { prefs },
    ...(plan.services.length === 0 ? [] : [{ service: [{ enable: plan.services }] }]),
  ];
}
