import { environmentQubes, type PolicyEnvironment, type PolicyPlan, sshHosts } from "./plan.ts";

/** The one signing key of Windows drivers, as builder v2 writes its name in a qrexec argument. */
const windowsKey = "Qubes__Windows__Tools";

/** One line of the policy, its columns apart. */
type Line = readonly [service: string, argument: string, source: string, target: string, ...action: string[]];

/**
 * The three files of dom0's `/etc/qubes/policy.d/`, by name. What is not allowed here is denied here, for every service that
 * is ours: a line in a later file, or a user's answer to a later `ask`, opens nothing. Only a file that sorts first
 * can; `infra check` looks for those.
 */
export function renderPolicy(plan: PolicyPlan): ReadonlyMap<string, string> {
  return new Map([
    ["20-qubesbuilder.policy", builderPolicy(plan)],
    ["20-qubesbuilder-webhook.policy", webhookPolicy(plan)],
    ["20-qubesbuilder-ssh-proxy.policy", sshProxyPolicy(plan)],
  ]);
}

const windowsKeyServices = ["QueryKey", "CreateKey", "DeleteKey", "GetCert", "Sign"].map(
  (name) => `qubesbuilder.WinSign.${name}`,
);

/** The builders' services that no other line may open, whether an environment uses them or not. */
export const builderServices = [
  "qubesbuilder.BuildLog",
  "qubesbuilder.LogReceived",
  "qubesbuilder.FileCopyIn",
  "qubesbuilder.FileCopyOut",
  "qubesbuilder.AttachDisk",
  "qubesbuilder.ExportDisk",
  "qubesbuilder.CopyTemplateBack",
  ...windowsKeyServices,
  "qubesbuilder.WinSign.Timestamp",
  "qubesbuilder.WinFileCopyIn",
  "qubesbuilder.WinFileCopyOut",
];

function builderPolicy(plan: PolicyPlan): string {
  const blocks = plan.environments.map((environment) =>
    block(`environment ${environment.name}`, environmentLines(environment)),
  );
  return file("build, logs and keys qubes", [...blocks, block("nobody else", builderServices.map(denyAll))]);
}

function environmentLines(environment: PolicyEnvironment): Line[] {
  const { build, keys } = environmentQubes(environment);
  return [
    ["qubesbuilder.BuildLog", "*", build, "dom0", "allow", `target=${environment.logs}`],
    ["qubesbuilder.LogReceived", `+${build}`, environment.logs, "dom0", "allow", `target=${keys}`],
    ["qubes.Gpg", "*", build, keys, "allow"],
    ["qubes.Gpg", "*", build, "@default", "allow", `target=${keys}`],
    ["qubes.Gpg", "*", "*", keys, "deny"],
    // Nor may a build qube have anything signed elsewhere, not even by the user's leave.
    ["qubes.Gpg", "*", build, "*", "deny"],
    ...(environment.builderv2 ? disposableLines(environment) : oldBuilderLines(environment)),
    ...(environment.windows ? windowsLines(environment) : []),
  ];
}

function disposableLines(environment: PolicyEnvironment): Line[] {
  const { build, disposables } = environmentQubes(environment);
  const managed = ["admin.vm.Start", "admin.vm.Kill", "admin.vm.CurrentState"];
  const reached = [
    "qubes.Filecopy",
    "qubesbuilder.FileCopyIn",
    "qubesbuilder.FileCopyOut",
    "qubes.WaitForSession",
    "qubes.VMShell",
  ];
  return [
    ["admin.vm.CreateDisposable", "*", build, "dom0", "allow"],
    ["admin.vm.CreateDisposable", "*", build, "builder-dvm", "allow", "target=dom0"],
    ...managed.map((service): Line => [service, "*", build, disposables, "allow", "target=dom0"]),
    ...reached.map((service): Line => [service, "*", build, disposables, "allow"]),
  ];
}

function oldBuilderLines(environment: PolicyEnvironment): Line[] {
  const { build, disposables } = environmentQubes(environment);
  return [
    ["qubesbuilder.AttachDisk", "*", disposables, "dom0", "allow"],
    ["qubesbuilder.ExportDisk", "*", build, "dom0", "allow"],
    ["qubesbuilder.CopyTemplateBack", "*", disposables, build, "allow"],
  ];
}

function windowsLines(environment: PolicyEnvironment): Line[] {
  const { build, windowsKeys, disposables } = environmentQubes(environment);
  const loops = ["loop0", "loop1", "loop2", "loop3"];
  const reached = ["qubesbuilder.WinSign.Timestamp", "qubesbuilder.WinFileCopyIn", "qubesbuilder.WinFileCopyOut"];
  return [
    ["admin.vm.CreateDisposable", "*", build, "builder-windows-dvm", "allow", "target=dom0"],
    ["admin.vm.device.block.Available", "*", build, build, "allow", "target=dom0"],
    ...loops.map(
      (loop): Line => ["admin.vm.device.block.Attach", `+${build}+${loop}`, build, disposables, "allow", "target=dom0"],
    ),
    ...reached.map((service): Line => [service, "*", build, disposables, "allow"]),
    ...windowsKeyServices.map(
      (service): Line => [service, `+${windowsKey}`, build, "@default", "allow", `target=${windowsKeys}`],
    ),
    ...windowsKeyServices.map((service): Line => [service, `+${windowsKey}`, build, windowsKeys, "allow"]),
  ];
}

function webhookPolicy(plan: PolicyPlan): string {
  const services = ["qubesbuilder.TriggerBuild", "qubesbuilder.ProcessGithubCommand"];
  const allowed = plan.environments.flatMap((environment) =>
    services.map((service): Line => [service, "*", plan.netvm, environmentQubes(environment).build, "allow"]),
  );
  return file("webhooks, from the net qube to the build qubes", [
    ...(allowed.length === 0 ? [] : [block("allowed", allowed)]),
    block("nobody else", services.map(denyAll)),
  ]);
}

function sshProxyPolicy(plan: PolicyPlan): string {
  const allowed = plan.environments.flatMap((environment) =>
    sshHosts(plan).map(
      (host): Line => ["local.ConnectSSH", `+${host}`, environmentQubes(environment).build, plan.netvm, "allow"],
    ),
  );
  return file("ssh of the build qubes, past Tor", [
    ...(allowed.length === 0 ? [] : [block("allowed", allowed)]),
    block("nobody else, and no other host", [denyAll("local.ConnectSSH")]),
  ]);
}

function denyAll(service: string): Line {
  return [service, "*", "*", "*", "deny"];
}

function file(about: string, blocks: readonly string[]): string {
  const head = `# ${about}. Written by 'release-bot infra render': change build-infra.yml instead.\n`;
  return `${[head, ...blocks].join("\n")}`;
}

function block(title: string, lines: readonly Line[]): string {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line.map((word, column) => (column < 4 ? word.padEnd(widths[column] ?? 0) : word)).join("  "),
  );
  return `# ${title}\n${text.map((line) => `${line}\n`).join("")}`;
}
