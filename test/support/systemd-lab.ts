/** Four qubes under systemd, from one description: what `infra render` writes for each, keys, a component, dom0's policy. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { type GithubLab, startGithubLab } from "../../src/lab/github/index.ts";
import { ComponentRepository } from "./component-repository.ts";
import { GpgHome } from "./gpg-home.ts";
import { type RenderedOnDisk, renderToDisk } from "./rendered-folder.ts";
import { smallComponent } from "./small-component.ts";
import { SystemdQube } from "./systemd-qube.ts";
import { makeTemplate, requireNamespaces } from "./systemd-template.ts";

const template = "debian-12";
const names = ["keys-fedora", "logs", "build-fedora", "sys-net"] as const;
type Name = (typeof names)[number];

/** What stays away: Qubes' own package is not Debian's, openQA's client is not called, ours come by file. */
const elsewhere = /^(qubes-.*|openqa-client)$/;
/** `infra` renders no native builds, for which there need not be walls; here they are what is built. */
const forNative = ["uidmap"];

/** The lab. Make it with {@link SystemdLab.start}. */
export class SystemdLab {
  readonly root = mkdtempSync("/var/tmp/rb-sd-");
  readonly people = new GpgHome();
  readonly maintainer = this.people.makeKey();
  readonly logs = new GpgHome();
  readonly logsKey = this.logs.makeKey({ userId: "Logs" });
  readonly keys = new GpgHome();
  readonly packageKey = this.keys.makeKey({ userId: "Packages", algorithm: "rsa3072" });
  /** The bare repository that the logs are pushed to, in the logs qube. */
  readonly remote = "/home/user/.local/state/release-bot/remote.git";
  readonly secret = "a-webhook-secret-of-some-length";
  readonly folder: RenderedOnDisk;
  readonly qubes: Readonly<Record<Name, SystemdQube>>;
  readonly component = new ComponentRepository(this.people);
  readonly slow = new ComponentRepository(this.people);
  github: GithubLab | null = null;
  #broker: ChildProcess | null = null;

  private constructor() {
    this.folder = renderToDisk(this.#description());
    const place = join(this.root, "template");
    const qube = (name: Name): SystemdQube => new SystemdQube(this.root, name, place);
    this.qubes = {
      "keys-fedora": qube("keys-fedora"),
      logs: qube("logs"),
      "build-fedora": qube("build-fedora"),
      "sys-net": qube("sys-net"),
    };
  }

  #description(): string {
    const templates = ["net", "build", "logs", "keys"].map((role) => [`${role}-template`, template]);
    return stringify({
      "build-infra": {
        ...Object.fromEntries(templates),
        logs_key_fpr: this.logsKey,
        logs_repo: "QubesOS/build-logs",
        build_report_repo: "QubesOS/updates-status",
        webhook_secret: this.secret,
        github_hook_ranges: ["127.0.0.1/32"],
        github_api_key: "ghp_bot",
        commands_public_keys: this.people.exportKey(this.maintainer),
        "build-envs": {
          fedora: {
            builderv2: true,
            logs: "logs",
            "builders-list": {
              "/home/user/r4.3": {
                release: 4.3,
                config: { file: "fedora.yml", repository: { component: "release-configs", branch: "main" } },
              },
            },
          },
        },
      },
    });
  }

  /** Makes the template and boots the qubes. */
  static async start(): Promise<SystemdLab> {
    requireNamespaces();
    const lab = new SystemdLab();
    const script = lab.folder.read(`${template}/root/release-bot-packages.sh`);
    const words = (command: string): string[] =>
      (new RegExp(`^${command} (.*)$`, "m").exec(script)?.[1] ?? "").split(" ");
    const rendered = words("apt-get install -y --no-install-recommends");
    makeTemplate({
      directory: join(lab.root, "template"),
      packages: [...rendered.filter((name) => !elsewhere.test(name)), ...forNative],
      units: words("systemctl enable"),
      disabled: words("systemctl disable"),
    });
    lab.github = await startGithubLab({
      repositories: ["QubesOS/updates-status", "QubesOS/qubes-issues", "QubesOS/build-logs"],
      tokens: { ghp_bot: "release-bot", ghp_man: "release-manager" },
      webhook: null,
    });
    for (const name of names) lab.qubes[name].put(lab.folder.at(name));
    lab.#secrets();
    lab.#builder(lab.github.apiUrl);
    await lab.#startBroker();
    for (const name of names) await lab.boot(name);
    return lab;
  }

  /** Boots a qube with the features that dom0's script gives it. */
  async boot(name: Name): Promise<void> {
    const script = this.folder.read("dom0/root/release-bot-qubes.sh");
    const features = [...script.matchAll(new RegExp(`^qvm-features ${name} service\\.(\\S+) 1$`, "gm"))];
    await this.qubes[name].boot(features.map(([, feature = ""]) => feature));
  }

  /** What a person puts in place: secret keys, and where the logs are pushed to. */
  #secrets(): void {
    const { logs, "keys-fedora": keys } = this.qubes;
    for (const [qube, home] of [
      [logs, this.logs],
      [keys, this.keys],
    ] as const) {
      cpSync(home.directory, qube.at("/home/user/.gnupg"), { recursive: true, filter: (path) => !/\/S\./.test(path) });
      qube.own();
    }
    spawnSync("git", ["init", "--quiet", "--bare", "--initial-branch=master", logs.at(this.remote)]);
    const config = "/home/user/.config/release-bot/config.yml";
    const rendered = this.folder.read(`logs${config}`);
    logs.write(config, rendered.replace("git@github.com:QubesOS/build-logs.git", this.remote));
  }

  /** A builder with two components, by the native back-end; GitHub's stand-in. */
  #builder(apiUrl: string): void {
    const build = this.qubes["build-fedora"];
    this.component.commit("hello", smallComponent());
    this.component.tag({ name: "v1.0", key: this.maintainer });
    const spec = smallComponent({}, { spec: "" })["rpm_spec/hello.spec.in"] ?? "";
    this.slow.commit(
      "slow",
      smallComponent({ "rpm_spec/hello.spec.in": spec.replace("%build\n", "%build\nsleep 3000\n") }),
    );
    this.slow.tag({ name: "v1.0", key: this.maintainer });
    this.give("hello", this.component);
    this.give("slow", this.slow);
    const keyFile = "/home/user/.config/release-bot/builder-keys";
    build.write(`${keyFile}/${this.maintainer}.asc`, this.people.exportKey(this.maintainer));
    build.write(
      "/home/user/r4.3/sources/release-configs/fedora.yml",
      stringify({
        "qubes-release": "r4.3",
        distributions: ["host-fc41"],
        git: { maintainers: [this.maintainer] },
        "key-dirs": [keyFile],
        components: ["hello", "slow"].map((name) => ({
          [name]: { url: `/home/user/remotes/${name}`, branch: "main" },
        })),
        "repository-publish": { components: "current-testing" },
        "sign-key": { rpm: this.packageKey },
        "min-age-days": 0,
        github: { maintainers: { [this.maintainer]: { components: "_all_", distributions: "_all_" } } },
        "release-bot": { backend: "native", promotion: "native" },
      }),
    );
    build.write("/home/user/qubes-builderv2/.keep", "");
    const config = "/home/user/.config/release-bot/config.yml";
    const github = `  poll-seconds: 5\n  github:\n    api-url: ${apiUrl}\n`;
    build.write(config, this.folder.read(`build-fedora${config}`).replace("  github:\n", github), 0o600);
  }

  /** Brings a component's repository as it is now to where the build qube fetches it from. */
  give(name: string, { directory }: ComponentRepository): void {
    const build = this.qubes["build-fedora"];
    cpSync(directory, build.at(`/home/user/remotes/${name}`), { recursive: true });
    build.own();
  }

  async #startBroker(): Promise<void> {
    const policyDir = this.folder.at("dom0/etc/qubes/policy.d");
    const qubes = names.map((name) => {
      const { directory } = this.qubes[name];
      const [services, socket] = [join(directory, "run/release-bot/rpc"), join(directory, "qrexec/socket")];
      return [name, { home: directory, servicesDirs: [services], socket }] as const;
    });
    const file = join(this.root, "lab.json");
    writeFileSync(file, JSON.stringify({ policyDir, qubes: Object.fromEntries(qubes) }));
    const program = join(import.meta.dirname, "../../src/lab/broker.ts");
    const broker = spawn(process.execPath, [program, file], { stdio: ["ignore", "pipe", "inherit"] });
    this.#broker = broker;
    await new Promise<void>((resolve, reject) => {
      broker.once("exit", (code) => reject(new Error(`the broker ended: ${code}`)));
      broker.stdout.on("data", (chunk: Buffer) => chunk.toString().includes('"ready"') && resolve());
    });
    for (const [, { socket }] of qubes) chmodSync(socket, 0o666);
  }

  /** A call as the qrexec agent makes it: from a qube that policy has let through. */
  call(name: Name, service: string, source: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const path = this.qubes[name].at(`/run/release-bot/rpc/${service.split("+")[0]}`);
      const connection = connect({ path, allowHalfOpen: true });
      let answer = "";
      connection.on("data", (chunk) => {
        answer += chunk.toString();
      });
      connection.once("error", reject);
      connection.once("close", () => resolve(answer));
      connection.end(`${service} ${source}\0`);
    });
  }

  async remove(): Promise<void> {
    for (const name of names) await this.qubes[name].remove();
    this.#broker?.kill("SIGKILL");
    await this.github?.close();
    for (const gone of [this.people, this.logs, this.keys, this.component, this.slow, this.folder]) gone.remove();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
