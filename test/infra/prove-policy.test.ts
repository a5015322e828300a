import { describe, expect, it } from "vitest";
import { parseQubeName, type QubeName } from "../../src/domain/index.ts";
import { parsePolicy, qubeFacts } from "../../src/formats/qrexec/index.ts";
import { type PolicyPlan, provePolicy, renderPolicy } from "../../src/infra/index.ts";

function qube(name: string): QubeName {
  const parsed = parseQubeName(name);
  if (parsed === null) throw new Error(name);
  return parsed;
}

const plan: PolicyPlan = {
  netvm: qube("sys-net"),
  environments: [
    { name: "fedora", logs: qube("logs"), builderv2: true, windows: false },
    { name: "debian", logs: qube("logs"), builderv2: true, windows: false },
    { name: "win", logs: qube("logs-win"), builderv2: true, windows: true },
    { name: "old", logs: qube("logs"), builderv2: false, windows: false },
  ],
  sshProxy: true,
  remoteHosts: [{ host: "ftp.qubes-os.org" }],
};

/** Lines such as every Qubes machine has besides ours, by the file that they stand in; they must not be taken for mistakes. */
const stock: Readonly<Record<string, string>> = {
  "30-user.policy": "# nothing yet\n",
  "50-config-clipboard.policy": "qubes.ClipboardPaste  *  @anyvm  @anyvm  ask\n",
  "50-config-filecopy.policy": `
qubes.Filecopy  *  personal  vault   ask default_target=vault
qubes.Filecopy  *  @anyvm    @anyvm  ask
`,
  "50-config-u2f.policy": `
u2f.Register        *  personal  sys-usb   allow
u2f.Authenticate    +key  personal  sys-usb   allow
policy.RegisterArgument  +u2f.Register  sys-usb  @anyvm  allow target=dom0
`,
  "80-whonix.policy": `
whonix.NewStatus       *  @tag:anon-vm       @tag:anon-gateway  allow
whonix.GatewayCommand  *  @tag:anon-vm       @tag:anon-gateway  allow autostart=no notify=no
whonix.SdwdateStatus   +  @tag:anon-gateway  @tag:anon-vm       allow notify=no autostart=no
qubes.UpdatesProxy     *  @tag:whonix-updatevm  @default  allow target=sys-whonix
qubes.UpdatesProxy     *  @tag:whonix-updatevm  @anyvm    deny
`,
  "85-admin-backup-restore.policy": `
admin.vm.Create.AppVM         *  @tag:backup-restore-mgmt  dom0    allow target=dom0
admin.vm.List                 *  @tag:backup-restore-mgmt  @anyvm  allow target=dom0
admin.vm.property.Get  +provides_network  @tag:backup-restore-mgmt  @anyvm  allow target=dom0
admin.vm.property.Set         *  @tag:backup-restore-mgmt  @tag:backup-restore-in-progress  allow target=dom0
admin.vm.volume.Import        *  @tag:backup-restore-mgmt  @tag:backup-restore-in-progress  allow target=dom0
qubes.RestoreById             *  @tag:backup-restore-mgmt  @tag:backup-restore-storage  allow
`,
  "90-admin-default.policy": `
!include-service admin.vm.List     *  include/admin-local-ro
!include-service admin.vm.Console  *  include/admin-local-rwx
!include-service admin.vm.Start    *  include/admin-local-rwx
!include-service admin.vm.Stats    *  include/admin-local-ro
!include-service admin.Events      *  include/admin-global-ro
`,
  "include/admin-local-ro": "sys-gui @tag:guivm-sys-gui allow target=dom0\nsys-gui sys-gui allow target=dom0\n",
  "include/admin-local-rwx": "sys-gui @tag:guivm-sys-gui allow target=dom0\n",
  "include/admin-global-ro": "sys-gui @adminvm allow target=dom0\n",
  "90-default.policy": `
policy.RegisterArgument  *  @anyvm  @anyvm    deny
policy.RegisterArgument  *  @anyvm  dom0      deny
qubes.ConnectTCP         *  @anyvm  @anyvm    deny
qubes.FeaturesRequest    *  @anyvm  dom0      allow
qubes.Filecopy           *  @anyvm  @anyvm    ask
qubes.GetDate            *  @tag:anon-vm  @anyvm  deny
qubes.GetDate            *  @anyvm  @anyvm    allow target=dom0
qubes.GetRandomizedTime  *  @anyvm  dom0      allow
qubes.GetImageRGBA       *  @anyvm  @dispvm   allow
qubes.GetImageRGBA       *  @anyvm  @anyvm    ask
qubes.Gpg                *  @anyvm  @anyvm    ask default_target=vault
qubes.Gpg2               *  @anyvm  @anyvm    ask default_target=vault
qubes.GpgImportKey       *  @anyvm  @anyvm    ask
qubes.NotifyTools        *  @anyvm  dom0      allow
qubes.NotifyUpdates      *  @anyvm  @adminvm  allow
qubes.Notifications      *  @anyvm  @default  allow target=dom0
qubes.OpenInVM           *  @anyvm  @dispvm   allow
qubes.OpenInVM           *  @anyvm  @anyvm    ask
qubes.OpenURL            *  @anyvm  @dispvm   allow
qubes.OpenURL            *  @anyvm  @anyvm    ask
qubes.PdfConvert         *  @anyvm  @dispvm   allow
qubes.ReceiveUpdates     *  sys-net  dom0     allow
qubes.StartApp           *  @anyvm  @dispvm   allow
qubes.StartApp           *  @anyvm  @anyvm    ask
qubes.SyncAppMenus       *  @anyvm  dom0      allow
qubes.UpdatesProxy       *  @type:TemplateVM  @default  allow target=sys-net
qubes.UpdatesProxy       *  @anyvm  @anyvm    deny
qubes.VMExec             *  @anyvm  @dispvm   allow
qubes.VMExec             *  @anyvm  @anyvm    deny
qubes.VMRootShell        *  @anyvm  @anyvm    deny
qubes.VMShell            *  @anyvm  @dispvm   allow
qubes.VMShell            *  @anyvm  @anyvm    deny
qubes.WindowIconUpdater  *  @anyvm  @adminvm  allow
`,
};

const system = new Map([
  ["dom0", qubeFacts({ type: "AdminVM" })],
  ["vault", qubeFacts()],
  ["personal", qubeFacts({ tags: ["private"], defaultDispvm: "default-dvm" })],
  ["fedora-42", qubeFacts({ type: "TemplateVM" })],
  ["default-dvm", qubeFacts({ templateForDispvms: true })],
  ["sys-gui", qubeFacts()],
  ["sys-usb", qubeFacts()],
  ["sys-whonix", qubeFacts({ tags: ["anon-gateway"] })],
  ["anon", qubeFacts({ tags: ["anon-vm"], defaultDispvm: "default-dvm" })],
  ["restored", qubeFacts({ tags: ["backup-restore-in-progress"] })],
  ["disp-restore", qubeFacts({ type: "DispVM", tags: ["backup-restore-mgmt"] })],
]);

type Files = Map<string, string>;
const builder = "20-qubesbuilder.policy";
const webhook = "20-qubesbuilder-webhook.policy";
const ssh = "20-qubesbuilder-ssh-proxy.policy";

function rendered(): Files {
  return new Map([...renderPolicy(plan), ...Object.entries(stock)]);
}

function prove(files: Files) {
  const bytes = new Map([...files].map(([name, text]) => [name, Buffer.from(text)]));
  const policy = parsePolicy({ files: bytes, runtime: null, legacy: null });
  expect(policy.mistakes).toEqual([]);
  return provePolicy(policy, system, plan);
}

/** Words of a line, however they are aligned. */
const squeezed = (line: string): string => line.trim().replace(/ +/g, " ");

function edit(files: Files, name: string, change: (lines: string[]) => string[]): void {
  files.set(name, change((files.get(name) ?? "").split("\n")).join("\n"));
}

/** The number of the line that has these words; throws where it is not there. */
function lineOf(files: Files, name: string, words: string): number {
  const at = (files.get(name) ?? "").split("\n").findIndex((line) => squeezed(line) === words);
  if (at < 0) throw new Error(`no line '${words}' in ${name}`);
  return at + 1;
}

/** A seeded mistake: makes it, and answers the places of which one at least must be named. */
type Seed = (files: Files) => string;

/** A line changed to another; that line is to be named. */
const changed =
  (name: string, from: string, to: string): Seed =>
  (files) => {
    const at = lineOf(files, name, from);
    edit(files, name, (lines) => lines.with(at - 1, to));
    return `${name}:${at}`;
  };

/** A line put before another; it is to be named. */
const inserted =
  (name: string, before: string, line: string): Seed =>
  (files) => {
    const at = lineOf(files, name, before);
    edit(files, name, (lines) => lines.toSpliced(at - 1, 0, line));
    return `${name}:${at}`;
  };

/** A file of its own; its first line is to be named. */
const added =
  (name: string, text: string): Seed =>
  (files) => {
    files.set(name, `${text}\n`);
    return `${name}:1`;
  };

/** A line taken out; the line that now decides is to be named, given by its words. */
const removed =
  (name: string, words: string, decides: string, where = name): Seed =>
  (files) => {
    const at = lineOf(files, name, words);
    edit(files, name, (lines) => lines.toSpliced(at - 1, 1));
    return `${where}:${lineOf(files, where, decides)}`;
  };

/** A line moved behind another; the line that now decides first is to be named. */
const movedBehind =
  (name: string, words: string, behind: string, decides = behind): Seed =>
  (files) => {
    const at = lineOf(files, name, words);
    const line = (files.get(name) ?? "").split("\n")[at - 1] ?? "";
    edit(files, name, (lines) => lines.toSpliced(at - 1, 1));
    const target = lineOf(files, name, behind);
    edit(files, name, (lines) => lines.toSpliced(target, 0, line));
    return `${name}:${lineOf(files, name, decides)}`;
  };

const gpg = "qubes.Gpg * build-fedora keys-fedora allow";
const tag = "@tag:disp-created-by-build-fedora";

const seeds: readonly (readonly [string, Seed])[] = [
  // A line too many.
  ["lets another qube sign", inserted(builder, gpg, "qubes.Gpg * personal keys-fedora allow")],
  ["lets another environment sign", inserted(builder, gpg, "qubes.Gpg * build-debian keys-fedora allow")],
  [
    "lets another environment sign by default",
    inserted(builder, gpg, "qubes.Gpg * build-debian @default allow target=keys-fedora"),
  ],
  ["lets the logs qube sign", inserted(builder, gpg, "qubes.Gpg * logs keys-fedora allow")],
  ["lets the net qube sign", inserted(builder, gpg, "qubes.Gpg * sys-net keys-fedora allow")],
  ["lets a disposable sign", inserted(builder, gpg, `qubes.Gpg * ${tag} keys-fedora allow`)],
  ["asks the user before another qube signs", inserted(builder, gpg, "qubes.Gpg * @anyvm keys-fedora ask")],
  [
    "lets a build qube unlock itself",
    inserted(builder, gpg, "qubesbuilder.LogReceived * build-fedora dom0 allow target=keys-fedora"),
  ],
  [
    "lets a foreign logs qube unlock",
    inserted(builder, gpg, "qubesbuilder.LogReceived +build-fedora logs-win dom0 allow target=keys-fedora"),
  ],
  ["lets the net qube log", inserted(builder, gpg, "qubesbuilder.BuildLog * sys-net dom0 allow target=logs")],
  [
    "lets the net qube run a shell in a build qube",
    inserted(webhook, "qubesbuilder.TriggerBuild * * * deny", "qubes.VMShell * sys-net build-fedora allow"),
  ],
  [
    "lets the net qube start a keys qube",
    inserted(webhook, "qubesbuilder.TriggerBuild * * * deny", "admin.vm.Start * sys-net keys-fedora allow target=dom0"),
  ],
  ["lets a build qube copy to another", inserted(builder, gpg, "qubes.Filecopy * build-debian build-fedora allow")],
  [
    "lets anybody trigger builds",
    inserted(
      webhook,
      "qubesbuilder.TriggerBuild * * * deny",
      "qubesbuilder.TriggerBuild * personal build-debian allow",
    ),
  ],
  [
    "opens another host to ssh",
    inserted(ssh, "local.ConnectSSH * * * deny", "local.ConnectSSH +evil.example build-fedora sys-net allow"),
  ],
  [
    "lets the net qube run a shell elsewhere",
    inserted(webhook, "qubesbuilder.TriggerBuild * * * deny", "qubes.VMShell * sys-net vault allow"),
  ],
  ["lets a build qube copy elsewhere", inserted(builder, gpg, "qubes.Filecopy * build-debian vault allow")],
  ["lets a disposable of a template sign", inserted(builder, gpg, "qubes.Gpg * @dispvm:default-dvm keys-fedora allow")],
  ["lets tagged disposables sign", inserted(builder, gpg, "qubes.Gpg * @dispvm:@tag:safe keys-fedora allow")],
  [
    "lets the disposables of a qube that is none of ours sign",
    inserted(builder, gpg, "qubes.Gpg * @tag:disp-created-by-build-other keys-fedora allow"),
  ],
  [
    "lets a build qube copy into the caller's own disposables",
    inserted(builder, gpg, "qubesbuilder.FileCopyIn * build-old @dispvm allow"),
  ],
  ["opens the newer signing service", inserted(builder, gpg, "qubes.Gpg2 * build-debian keys-fedora allow")],
  ["lets a stranger import keys", inserted(builder, gpg, "qubes.GpgImportKey * personal keys-fedora allow")],
  [
    "lets a stranger change a keys qube",
    inserted(builder, gpg, "admin.vm.property.Set * personal keys-fedora allow target=dom0"),
  ],
  [
    "lets a stranger read a keys qube's disk",
    inserted(builder, gpg, "admin.vm.volume.CloneFrom * personal keys-fedora allow target=dom0"),
  ],
  [
    "lets a build qube look at another's",
    inserted(builder, gpg, "admin.vm.property.Get * build-debian build-fedora allow target=dom0"),
  ],
  ["lets a build qube make qubes", inserted(builder, gpg, "admin.vm.Create.AppVM * build-debian dom0 allow")],
  ["lets a build qube administer dom0's policy", inserted(builder, gpg, "policy.Replace * build-debian dom0 allow")],
  [
    "takes logs by another target",
    inserted(builder, gpg, "qubesbuilder.BuildLog * build-fedora @default allow target=logs"),
  ],
  [
    "lets a build qube reach into another's disposables",
    inserted(builder, gpg, "qubes.VMShell * build-debian @tag:disp-created-by-build-fedora allow"),
  ],
  [
    "lets the net qube open connections to a logs qube",
    inserted(webhook, "qubesbuilder.TriggerBuild * * * deny", "qubes.ConnectTCP +22 sys-net logs allow"),
  ],
  // Too wide.
  ["lets everybody sign", changed(builder, gpg, "qubes.Gpg * @anyvm keys-fedora allow")],
  ["lets a build qube sign anywhere", changed(builder, gpg, "qubes.Gpg * build-fedora @anyvm allow")],
  ["lets every tagged qube sign", changed(builder, gpg, "qubes.Gpg * @tag:private keys-fedora allow")],
  ["lets every AppVM sign", changed(builder, gpg, "qubes.Gpg * @type:AppVM keys-fedora allow")],
  [
    "unlocks with any argument",
    changed(
      builder,
      "qubesbuilder.LogReceived +build-fedora logs dom0 allow target=keys-fedora",
      "qubesbuilder.LogReceived * logs dom0 allow target=keys-fedora",
    ),
  ],
  [
    "lets any qube unlock",
    changed(
      builder,
      "qubesbuilder.LogReceived +build-debian logs dom0 allow target=keys-debian",
      "qubesbuilder.LogReceived +build-debian @anyvm dom0 allow target=keys-debian",
    ),
  ],
  [
    "lets any qube log",
    changed(
      builder,
      "qubesbuilder.BuildLog * build-debian dom0 allow target=logs",
      "qubesbuilder.BuildLog * @anyvm dom0 allow target=logs",
    ),
  ],
  [
    "lets the net qube trigger any qube",
    changed(
      webhook,
      "qubesbuilder.TriggerBuild * sys-net build-fedora allow",
      "qubesbuilder.TriggerBuild * sys-net @anyvm allow",
    ),
  ],
  [
    "lets ssh go anywhere",
    changed(
      ssh,
      "local.ConnectSSH +github.com build-fedora sys-net allow",
      "local.ConnectSSH * build-fedora sys-net allow",
    ),
  ],
  [
    "lets a build qube kill any qube",
    changed(
      builder,
      `admin.vm.Kill * build-fedora ${tag} allow target=dom0`,
      "admin.vm.Kill * build-fedora @anyvm allow target=dom0",
    ),
  ],
  [
    "lets a build qube run a shell anywhere",
    changed(builder, `qubes.VMShell * build-fedora ${tag} allow`, "qubes.VMShell * build-fedora @anyvm allow"),
  ],
  [
    "attaches any device",
    changed(
      builder,
      "admin.vm.device.block.Attach +build-win+loop0 build-win @tag:disp-created-by-build-win allow target=dom0",
      "admin.vm.device.block.Attach * build-win @tag:disp-created-by-build-win allow target=dom0",
    ),
  ],
  [
    "signs for Windows with any key",
    changed(
      builder,
      "qubesbuilder.WinSign.Sign +Qubes__Windows__Tools build-win win-keys-win allow",
      "qubesbuilder.WinSign.Sign * build-win win-keys-win allow",
    ),
  ],
  [
    "lets every disposable attach disks",
    changed(
      builder,
      "qubesbuilder.AttachDisk * @tag:disp-created-by-build-old dom0 allow",
      "qubesbuilder.AttachDisk * @anyvm dom0 allow",
    ),
  ],
  // Wrong target, wrong user, wrong parameter.
  [
    "sends a log elsewhere",
    changed(
      builder,
      "qubesbuilder.BuildLog * build-win dom0 allow target=logs-win",
      "qubesbuilder.BuildLog * build-win dom0 allow target=logs",
    ),
  ],
  [
    "unlocks the wrong keys",
    changed(
      builder,
      "qubesbuilder.LogReceived +build-fedora logs dom0 allow target=keys-fedora",
      "qubesbuilder.LogReceived +build-fedora logs dom0 allow target=keys-debian",
    ),
  ],
  [
    "signs by default with the wrong keys",
    changed(
      builder,
      "qubes.Gpg * build-fedora @default allow target=keys-fedora",
      "qubes.Gpg * build-fedora @default allow target=keys-debian",
    ),
  ],
  ["signs as root", changed(builder, gpg, `${gpg} user=root`)],
  ["does not start the keys qube", changed(builder, gpg, `${gpg} autostart=no`)],
  [
    "asks before it signs",
    changed(builder, gpg, "qubes.Gpg * build-fedora keys-fedora ask default_target=keys-fedora"),
  ],
  [
    "names a qube that is not there",
    changed(
      builder,
      "qubesbuilder.BuildLog * build-debian dom0 allow target=logs",
      "qubesbuilder.BuildLog * build-debian dom0 allow target=log",
    ),
  ],
  // The wrong order.
  ["denies before it allows a signature", movedBehind(builder, gpg, "qubes.Gpg * * keys-fedora deny")],
  [
    "denies before it allows a log",
    movedBehind(
      builder,
      "qubesbuilder.BuildLog * build-fedora dom0 allow target=logs",
      "qubesbuilder.BuildLog * * * deny",
    ),
  ],
  [
    "denies before it allows a webhook",
    movedBehind(
      webhook,
      "qubesbuilder.ProcessGithubCommand * sys-net build-debian allow",
      "qubesbuilder.ProcessGithubCommand * * * deny",
    ),
  ],
  // A missing line, allow or deny.
  ["forgets an environment's signatures", removed(builder, gpg, "qubes.Gpg * * keys-fedora deny")],
  [
    "forgets a host",
    removed(ssh, "local.ConnectSSH +ftp.qubes-os.org build-debian sys-net allow", "local.ConnectSSH * * * deny"),
  ],
  [
    "forgets to close the keys, and the user is asked",
    removed(
      builder,
      "qubes.Gpg * * keys-fedora deny",
      "qubes.Gpg * @anyvm @anyvm ask default_target=vault",
      "90-default.policy",
    ),
  ],
  [
    "forgets to close a build qube's signatures elsewhere",
    removed(
      builder,
      "qubes.Gpg * build-debian * deny",
      "qubes.Gpg * @anyvm @anyvm ask default_target=vault",
      "90-default.policy",
    ),
  ],
  [
    "forgets to close the logs",
    removed(builder, "qubesbuilder.BuildLog * * * deny", "qubesbuilder.BuildLog * build-old dom0 allow target=logs"),
  ],
  [
    "forgets to close the unlocking",
    removed(
      builder,
      "qubesbuilder.LogReceived * * * deny",
      "qubesbuilder.LogReceived +build-old logs dom0 allow target=keys-old",
    ),
  ],
  [
    "forgets to close the webhooks",
    removed(webhook, "qubesbuilder.TriggerBuild * * * deny", "qubesbuilder.TriggerBuild * sys-net build-old allow"),
  ],
  [
    "forgets to close ssh",
    removed(ssh, "local.ConnectSSH * * * deny", "local.ConnectSSH +ftp.qubes-os.org build-old sys-net allow"),
  ],
  // A file that sorts first.
  ["has a file before ours that lets everybody sign", added("10-mine.policy", "qubes.Gpg * @anyvm @anyvm allow")],
  ["has a file before ours that denies everybody", added("10-mine.policy", "qubesbuilder.BuildLog * * * deny")],
  ["has a file before ours for every service", added("00-test.policy", "* * personal keys-debian allow")],
  ["has a file before ours with a wildcard", added("15-all.policy", "* * @tag:private @anyvm allow")],
  ["has a file between ours", added("20-qubesbuilder-a.policy", "qubesbuilder.TriggerBuild * @anyvm build-win allow")],
  [
    "has a file before ours that includes too much",
    (files) => {
      files.set("05-site.policy", "!include-dir site\n");
      files.set("site/1.policy", "# ours\n\nqubes.Gpg * @anyvm @anyvm allow\n");
      return "site/1.policy:3";
    },
  ],
  [
    "has an include in the old format that opens a service",
    (files) => {
      files.set("05-site.policy", "!include-service qubesbuilder.BuildLog * include/site\n");
      files.set("include/site", "# ours\n$anyvm dom0 allow,target=logs\n");
      return "include/site:2";
    },
  ],
  ["has a file before ours that asks for every service", added("00-ask.policy", "* * @anyvm @anyvm ask")],
  ["has a file before ours that denies every service", added("00-deny.policy", "* * @anyvm @anyvm deny")],
  [
    "has a file before ours that sends a service elsewhere",
    added("00-to.policy", "qubes.Gpg * build-fedora @default allow target=keys-debian"),
  ],
  [
    "has a file before ours that runs as root",
    added("00-root.policy", "qubesbuilder.TriggerBuild * sys-net build-fedora allow user=root"),
  ],
  [
    "has a later file that reaches a build qube",
    added("60-later.policy", "qubes.StartApp * personal build-fedora allow"),
  ],
];

describe("the proof of the policy", () => {
  it("holds for what is rendered, beside the lines that every machine has", () => {
    const { breaches, idle, asked } = prove(rendered());
    expect(breaches).toEqual([]);
    expect(idle).toEqual([]);
    expect(asked).toBeGreaterThan(50_000);
  });

  it("knows at least 40 mistakes", () => {
    expect(new Set(seeds.map(([name]) => name)).size).toBeGreaterThanOrEqual(40);
  });

  it.each(seeds)("finds a policy that %s, and names the line", (_name, seed) => {
    const files = rendered();
    const place = seed(files);
    const { breaches } = prove(files);
    expect(breaches.map((breach) => breach.place)).toContain(place);
  });

  it("looks at the tags that our own qubes have on this machine", () => {
    const files = rendered();
    files.set("10-mine.policy", "qubes.VMShell * @tag:audited vault allow\n");
    expect(prove(files).breaches).toEqual([]);
    const tagged = new Map([
      ["personal", qubeFacts({ tags: ["audited"] })],
      ["build-debian", qubeFacts({ tags: ["audited"] })],
    ]);
    const bytes = new Map([...files].map(([name, text]) => [name, Buffer.from(text)]));
    const { breaches } = provePolicy(
      parsePolicy({ files: bytes, runtime: null, legacy: null }),
      new Map([...system, ...tagged]),
      plan,
    );
    expect(breaches.map(({ place, call }) => `${place} ${call.source}`)).toEqual(["10-mine.policy:1 build-debian"]);
  });

  it("names lines that would open something, and decide nothing only because of lines before them", () => {
    const files = rendered();
    const late = [
      "# an old file of somebody's",
      "qubes.Gpg * personal keys-fedora allow",
      "qubes.Gpg * personal vault allow",
      "qubesbuilder.TriggerBuild * @anyvm build-fedora ask",
      "qubesbuilder.TriggerBuild * @anyvm @anyvm deny",
    ];
    files.set("30-old.policy", `${late.join("\n")}\n`);
    const { breaches, idle } = prove(files);
    expect(breaches).toEqual([]);
    expect(idle).toEqual(["30-old.policy:2", "30-old.policy:4"]);
  });

  it("names the included line, not the line that includes it", () => {
    const files = rendered();
    files.set("10-first.policy", "!include include/mine");
    files.set("include/mine", "# mine\nqubes.Gpg * personal keys-fedora allow\n");
    const [breach] = prove(files).breaches;
    expect(breach).toMatchObject({ place: "include/mine:2", call: { source: "personal", service: "qubes.Gpg" } });
    expect(breach?.message).toContain("keys-fedora");
  });
});
