import { environmentQubes, type PolicyEnvironment, type PolicyPlan, sshHosts } from "../policy/plan.ts";

/** A call that the system needs, and that nobody else may make. */
export interface Permit {
  readonly service: string;
  /** The one argument; null for any. */
  readonly argument: string | null;
  readonly source: string;
  /** What the caller asks for: a qube, `dom0`, `@default`. */
  readonly target: string;
  /** Where the policy must send it. */
  readonly final: string;
}

/** A disposable that stands for all that a build qube makes. */
export function disposableOf(environment: { readonly name: string }): string {
  return `disp-of-build-${environment.name}`;
}

/** Whether it is one of those stand-ins: what a disposable may do elsewhere is the machine's own affair. */
export function isDisposable(name: string): boolean {
  return name.startsWith("disp-of-build-");
}

/** Every call that the infrastructure needs; the proof holds the policy to exactly these. */
export function permittedCalls(plan: PolicyPlan): readonly Permit[] {
  return plan.environments.flatMap((environment) => [
    ...signing(environment),
    ...webhooks(plan, environment),
    ...ssh(plan, environment),
    ...(environment.builderv2 ? disposables(environment) : oldBuilder(environment)),
    ...(environment.windows ? windows(environment) : []),
  ]);
}

function permit(service: string, argument: string | null, source: string, target: string, final = target): Permit {
  return { service, argument, source, target, final };
}

function signing(environment: PolicyEnvironment): Permit[] {
  const { build, keys } = environmentQubes(environment);
  return [
    permit("qubesbuilder.BuildLog", null, build, "dom0", environment.logs),
    permit("qubesbuilder.LogReceived", build, environment.logs, "dom0", keys),
    permit("qubes.Gpg", null, build, keys),
    permit("qubes.Gpg", null, build, "@default", keys),
  ];
}

function webhooks(plan: PolicyPlan, environment: PolicyEnvironment): Permit[] {
  const { build } = environmentQubes(environment);
  return ["qubesbuilder.TriggerBuild", "qubesbuilder.ProcessGithubCommand"].map((service) =>
    permit(service, null, plan.netvm, build),
  );
}

function ssh(plan: PolicyPlan, environment: PolicyEnvironment): Permit[] {
  const { build } = environmentQubes(environment);
  return sshHosts(plan).map((host) => permit("local.ConnectSSH", host, build, plan.netvm));
}

function disposables(environment: PolicyEnvironment): Permit[] {
  const { build } = environmentQubes(environment);
  const disposable = disposableOf(environment);
  const managed = ["Start", "Kill", "CurrentState"].map((name) => `admin.vm.${name}`);
  const builder = ["qubesbuilder.FileCopyIn", "qubesbuilder.FileCopyOut"];
  return [
    permit("admin.vm.CreateDisposable", null, build, "dom0"),
    permit("admin.vm.CreateDisposable", null, build, "builder-dvm", "dom0"),
    ...managed.map((service) => permit(service, null, build, disposable, "dom0")),
    ...[...builder, "qubes.Filecopy", "qubes.WaitForSession", "qubes.VMShell"].map((service) =>
      permit(service, null, build, disposable),
    ),
  ];
}

function oldBuilder(environment: PolicyEnvironment): Permit[] {
  const { build } = environmentQubes(environment);
  const disposable = disposableOf(environment);
  return [
    permit("qubesbuilder.AttachDisk", null, disposable, "dom0"),
    permit("qubesbuilder.ExportDisk", null, build, "dom0"),
    permit("qubesbuilder.CopyTemplateBack", null, disposable, build),
  ];
}

function windows(environment: PolicyEnvironment): Permit[] {
  const { build, windowsKeys } = environmentQubes(environment);
  const disposable = disposableOf(environment);
  const keyServices = ["QueryKey", "CreateKey", "DeleteKey", "GetCert", "Sign"];
  const reached = ["WinSign.Timestamp", "WinFileCopyIn", "WinFileCopyOut"].map((name) => `qubesbuilder.${name}`);
  return [
    permit("admin.vm.CreateDisposable", null, build, "builder-windows-dvm", "dom0"),
    permit("admin.vm.device.block.Available", null, build, build, "dom0"),
    ...["loop0", "loop1", "loop2", "loop3"].map((loop) =>
      permit("admin.vm.device.block.Attach", `${build}+${loop}`, build, disposable, "dom0"),
    ),
    ...reached.map((service) => permit(service, null, build, disposable)),
    ...keyServices.flatMap((name) =>
      [windowsKeys, "@default"].map((target) =>
        permit(`qubesbuilder.WinSign.${name}`, "Qubes__Windows__Tools", build, target, windowsKeys),
      ),
    ),
  ];
}
