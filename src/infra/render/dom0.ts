import type { Infrastructure } from "../description/infrastructure.ts";
import { environmentQubes } from "../policy/plan.ts";
import { renderPolicy } from "../policy/render.ts";
import { copyScript } from "./copy-script.ts";
import { type Entry, type QubeTree, systemFile } from "./tree.ts";

/** A qube to be made. */
export interface QubePlan {
  readonly name: string;
  readonly template: string;
  readonly label: "red" | "green" | "black";
  /** Null: no network at all. */
  readonly netvm: string | null;
  /** Features `service.NAME` that start our programs in it. */
  readonly services: readonly string[];
  /** Disposables are made from it. */
  readonly templateForDisposables: boolean;
  readonly defaultDisposable: string | null;
  readonly volumeSize: string | null;
}

/** Every qube that the infrastructure consists of, but the net qube, which is the machine's own. */
export function planQubes(infrastructure: Infrastructure): readonly QubePlan[] {
  const { buildTemplate, buildNetvm, logsTemplate, logsNetvm, keysTemplate, windowsTemplate, environments } =
    infrastructure;
  const plain = { services: [], templateForDisposables: false, defaultDisposable: null, volumeSize: null };
  const disposable = (name: string, template: string, volumeSize: string | null): QubePlan => ({
    ...plain,
    name,
    template,
    label: "green",
    netvm: buildNetvm,
    templateForDisposables: true,
    volumeSize,
  });
  const keysQube = (name: string, services: readonly string[]): QubePlan => ({
    ...plain,
    name,
    template: keysTemplate,
    label: "black",
    netvm: null,
    services,
  });
  const perEnvironment = environments.flatMap((environment): QubePlan[] => {
    const { build, keys, windowsKeys } = environmentQubes(environment);
    return [
      {
        ...plain,
        name: build,
        template: buildTemplate,
        label: "green",
        netvm: buildNetvm,
        services: ["release-bot-agent"],
        defaultDisposable: environment.builderv2 ? "builder-dvm" : null,
        volumeSize: environment.volumeSize,
      },
      keysQube(keys, ["release-bot-key-gate"]),
      ...(environment.windows ? [keysQube(windowsKeys, [])] : []),
    ];
  });
  const logs = [...new Set(environments.map((environment) => environment.logs))].map(
    (name): QubePlan => ({
      ...plain,
      name,
      template: logsTemplate,
      label: "green",
      netvm: logsNetvm,
      services: ["release-bot-log-receiver"],
    }),
  );
  return [
    ...(environments.some(({ builderv2 }) => builderv2) ? [disposable("builder-dvm", buildTemplate, "30GiB")] : []),
    ...(environments.some(({ windows }) => windows) && windowsTemplate !== null
      ? [disposable("builder-windows-dvm", windowsTemplate, null)]
      : []),
    ...logs,
    ...perEnvironment,
  ];
}

/** What dom0 gets: text to read and to apply. Nothing of ours runs there. `qubes` are all that get files. */
export function renderDom0(infrastructure: Infrastructure, qubes: readonly string[]): QubeTree {
  const policy = [...renderPolicy(infrastructure)].map(([name, text]): [string, Entry] => [
    `/etc/qubes/policy.d/${name}`,
    systemFile(text),
  ]);
  return new Map<string, Entry>([
    ...policy,
    ["/root/release-bot-qubes.sh", systemFile(qubesScript(infrastructure), 0o755)],
    ["/root/release-bot-copy.sh", systemFile(copyScript(qubes), 0o755)],
  ]);
}

function qubesScript(infrastructure: Infrastructure): string {
  const blocks = planQubes(infrastructure).map((plan) => {
    const { name, template, label, netvm, services, volumeSize } = plan;
    return `
# ${name}
qvm-check --quiet ${name} 2>/dev/null || qvm-create --class AppVM --template ${template} --label ${label} ${name}
qvm-prefs ${name} netvm ${netvm === null ? "''" : netvm}
${plan.templateForDisposables ? `qvm-prefs ${name} template_for_dispvms True\n` : ""}${plan.defaultDisposable === null ? "" : `qvm-prefs ${name} default_dispvm ${plan.defaultDisposable}\n`}${services.map((service) => `qvm-features ${name} service.${service} 1\n`).join("")}${volumeSize === null ? "" : `qvm-volume extend ${name}:private ${volumeSize} || true\n`}`;
  });
  return `#!/bin/sh
# Makes the qubes. Read it, then run it in dom0 as your user. Written by 'release-bot infra render'.
# Running it again changes nothing that is as it should be.
set -eu
${blocks.join("")}
# ${infrastructure.netvm}, which the machine has already
qvm-features ${infrastructure.netvm} service.release-bot-receiver 1
`;
}
