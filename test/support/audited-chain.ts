/**
 * A whole chain to audit: packages of every kind built, signed through the key gate, published and promoted by real tools,
 * each deed stated in a real logs repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { NodeDisk } from "../../src/adapters/files/index.ts";
import type { ReceiptedLog } from "../../src/adapters/qrexec/log-service.ts";
import { announcingSigner } from "../../src/adapters/qrexec/split-gpg-signer.ts";
import { openRepositories, type Repositories } from "../../src/adapters/repository/index.ts";
import type { JobLog } from "../../src/build/index.ts";
import {
  type CommitSha,
  type Distribution,
  type Fingerprint,
  parseComponentName,
  parseDistribution,
  parseFingerprint,
  parseQubeName,
  parseRelease,
  parseTemplateName,
  type RepositoryName,
} from "../../src/domain/index.ts";
import type { About, Asked, LogFact } from "../../src/formats/in-toto/index.ts";
import { deedOfPlan } from "../../src/programs/agent/deed-of-plan.ts";
import type { DistributionPlan, PromotionSubject } from "../../src/promotion/index.ts";
import { type Deed, recordProvenance, statementOf } from "../../src/trail/index.ts";
import { GpgHome } from "./gpg-home.ts";
import { type ChainWish, LogChain } from "./log-chain.ts";
import { PackageMaker } from "./package-maker.ts";
import { runTool } from "./tool.ts";
import { runToolAsync } from "./tool-async.ts";

function known<T>(value: T | null): T {
  if (value === null) throw new Error("a name of the test does not parse");
  return value;
}

/** The release of all of it. */
export const release = known(parseRelease("r4.3"));
/** The component's commit. */
export const commit = "c0ffee".padEnd(40, "0") as CommitSha;
/** The template's version. */
export const templateVersion = "4.3.0-202611230900";

/** What was published for one distribution, or of the template. */
export interface Published {
  readonly subject: PromotionSubject;
  readonly about: About;
  readonly distribution: Distribution | null;
  readonly files: readonly string[];
  readonly build: Deed;
}

/** How a component is built. */
interface BuildWish {
  readonly name?: string;
  /** Signs it by gpg itself, past the gate; null: nobody does. */
  readonly key?: string | null;
  /** When that signature says that it was made. */
  readonly signedAt?: Date;
  /** `nothing`: the package is signed as by a tool that does not know our logs; the gate has to be in `mode: log`. */
  readonly announce?: "nothing";
}

/** The chain. Make it with {@link AuditedChain.start}, end it with {@link AuditedChain.stop}. */
export class AuditedChain {
  readonly logs: LogChain;
  readonly maintainer = new GpgHome();
  readonly who: string;
  readonly root: string;
  readonly keys: string;
  readonly key: Fingerprint;
  readonly maker: PackageMaker;
  readonly repositories: Repositories;
  #jobs = 0;

  private constructor(logs: LogChain, records: "in-tree" | "in-artifacts") {
    this.logs = logs;
    this.who = this.maintainer.makeKey();
    this.root = join(logs.directory, "repository-publish");
    this.keys = join(logs.directory, "keys");
    this.key = known(parseFingerprint(logs.key));
    this.maker = new PackageMaker(logs.keysHome);
    const nobody = { announce: async () => undefined };
    this.repositories = openRepositories({
      root: this.root,
      artifacts: records === "in-tree" ? null : logs.directory,
      disk: new NodeDisk(),
      clock: () => new Date(),
      keys: announcingSigner({ ...this.#gate(), log: nobody }),
      debEngine: "auto",
    });
    for (const [role, home, key] of [
      ["maintainers", this.maintainer, this.who],
      ["packages", logs.keysHome, logs.key],
      ["logs", logs.logsHome, logs.logsKey],
    ] as const) {
      mkdirSync(join(this.keys, role), { recursive: true });
      writeFileSync(join(this.keys, role, `${key}.asc`), home.exportKey(key));
    }
  }

  /** `in-artifacts`: records lie where an agent looks for them whose `artifacts-dir` is the chain's directory. */
  static async start(records: "in-tree" | "in-artifacts" = "in-tree", wish: ChainWish = {}): Promise<AuditedChain> {
    return new AuditedChain(await LogChain.start(wish), records);
  }

  #gate() {
    const target = parseQubeName("keys-fedora") ?? "@default";
    return { transport: this.logs.transport("build-fedora"), target, timeoutMs: 240_000 } as const;
  }

  signer(log: Pick<JobLog, "announce">) {
    return announcingSigner({ ...this.#gate(), log });
  }

  /** A comment with these lines, signed by the maintainer. */
  comment(...lines: string[]): string {
    return this.maintainer.clearSign(`${lines.join("\n")}\n`, { key: this.who });
  }

  /** The line of a comment that asks for something, alone in it. */
  asked(line: string): Asked {
    return { by: "comment", comment: this.comment(line), line };
  }

  /** Runs some work within a log of its own; answers what was received of it. */
  async logged(label: string, work: (log: ReceiptedLog) => Promise<void>): Promise<LogFact> {
    const log = await this.logs.openLog(label);
    await work(log);
    const path = await log.close("done");
    if (path === null || log.receipt === null) throw new Error("no receipt");
    return { path, ...log.receipt };
  }

  /** States deeds; answers where. */
  state(...deeds: Deed[]): Promise<string> {
    const logs = { open: (label: string) => this.logs.openLog(label) };
    const ports = { logs, signer: (log: JobLog) => this.signer(log), key: this.key };
    return recordProvenance(ports, deeds.map(statementOf));
  }

  /** Builds a component for a distribution, signs and publishes it; with `key` by gpg itself, past the gate (null: by nobody). */
  async build(dist: string, wish: BuildWish = {}): Promise<Published> {
    const distribution = known(parseDistribution(dist));
    const component = known(parseComponentName(wish.name ?? "core-admin"));
    const subject = { kind: "component", component, commit } as const;
    const about = { kind: "component", release, component, commit } as const;
    const made = { name: component, version: "4.3.1-1" };
    const key = wish.key ?? null;
    const make = (): string[] => {
      if (distribution.type === "rpm" && key !== null && wish.signedAt !== undefined) {
        const file = this.maker.rpm(made, null);
        this.maker.signRpm(file, key, wish.signedAt);
        return [file];
      }
      if (distribution.type === "rpm") return [this.maker.rpm(made, key)];
      return distribution.type === "deb" ? [this.maker.deb(made)] : [this.maker.arch(made, key)];
    };
    return this.#publish({ subject, about, distribution, files: make(), repository: "current-testing" }, wish);
  }

  /** Builds the template. */
  async buildTemplate(): Promise<Published> {
    const template = known(parseTemplateName("fedora-44-minimal"));
    const subject = { kind: "template", template, version: templateVersion } as const;
    const about = { kind: "template", release, template, version: templateVersion } as const;
    const files = [this.maker.rpm({ name: `qubes-template-${template}`, version: templateVersion }, null)];
    return this.#publish({ subject, about, distribution: null, files, repository: "templates-itl-testing" });
  }

  async #publish(
    made: Omit<Published, "build"> & { readonly repository: RepositoryName },
    { key: signedBy, announce }: BuildWish = {},
  ): Promise<Published> {
    const { subject, about, distribution, repository } = made;
    const startedAt = new Date();
    let files = made.files;
    const name = subject.kind === "component" ? subject.component : `template-${subject.template}`;
    const log = await this.logged(name, async (job) => {
      await job.output(Buffer.from("rpmbuild -bb core-admin.spec\n".repeat(100)));
      // What the gate goes by in `mode: log`.
      if (announce === "nothing") job.note("checkpoint");
      const socketPath = announce === "nothing" ? "" : job.socketPath;
      if (signedBy === undefined) files = await this.sign(files, { announce: (one) => job.announce(one), socketPath });
      const published = await this.repositories.publish(
        {
          ...{ release, distribution, repository, files, signKey: this.key },
          subject: subject.kind === "component" ? { ...subject, version: null } : subject,
        },
        this.signer(job),
      );
      if (!published.ok) throw new Error(published.error.message);
    });
    const asked: Asked =
      subject.kind === "component"
        ? { by: "push" }
        : this.asked(`Build-template r4.3 ${subject.template} ${templateVersion.split("-")[1]}`);
    const source = { url: "https://github.com/QubesOS/qubes-core-admin", tag: "v4.3.1", signers: [this.key] };
    const build: Deed = {
      kind: "build",
      about,
      distribution: distribution?.name ?? null,
      environment: "build-fedora",
      repository,
      files: files.map((file) => ({ name: basename(file), sha256: sha256(file) })),
      job: String(++this.#jobs),
      asked,
      source: subject.kind === "component" ? source : null,
      startedAt,
      at: new Date(),
      log,
    };
    return { subject, about, distribution, files, build };
  }

  /** As the sign stage does it, each signature announced and made by the key gate. */
  async sign(files: readonly string[], log: Pick<JobLog, "announce" | "socketPath">): Promise<string[]> {
    const signed = [...files];
    for (const file of files) {
      if (file.endsWith(".rpm")) {
        const macros = [`__gpg ${this.logs.gpgProgram(log.socketPath)}`, `_gpg_name ${this.key}`];
        const defines = [...macros, "_gpg_digest_algo sha256"].flatMap((macro) => ["--define", macro]);
        await runToolAsync("rpmsign", [...defines, "--addsign", file]);
      }
      if (file.endsWith(".zst")) {
        const bytes = readFileSync(file);
        const asked = { kind: "detach", encoding: "binary", key: this.key, name: basename(file), bytes } as const;
        writeFileSync(`${file}.sig`, await this.signer(log).sign(asked));
        signed.push(`${file}.sig`);
      }
    }
    return signed;
  }

  /** Promotes, or withdraws, what was published; answers what is to be stated of it. */
  async change(
    action: "promote" | "withdraw",
    { subject, distribution }: Published,
    asked: Asked,
    repository: RepositoryName = subject.kind === "template" ? "templates-itl" : "current",
  ): Promise<Deed> {
    const targets = [{ distribution, signKey: this.key }];
    const facts = { holds: new Set<never>(), buggy: false, formerKeys: [], minAgeDays: 0, now: new Date() };
    const [plan] =
      action === "promote"
        ? await this.repositories.plan({ release, subject, to: repository, from: null, targets, ...facts })
        : await this.repositories.planWithdrawal({ release, subject, repository, targets });
    if (plan === undefined || plan.refused !== undefined) throw new Error(plan?.refused?.message ?? "no plan");
    const log = await this.logged(action, async (job) => {
      await this.repositories.apply(plan, this.signer(job));
    });
    return { ...this.deed(plan), asked, log };
  }

  /** What is to be stated of a plan that was applied. */
  deed(plan: DistributionPlan) {
    const done = { environment: known(parseQubeName("build-fedora")), job: String(++this.#jobs), at: new Date() };
    const deed = deedOfPlan(plan, { ...done, by: "release-bot" });
    if (deed === null) throw new Error("nothing was done");
    return deed;
  }

  async stop(): Promise<void> {
    await this.logs.stop();
    this.maintainer.remove();
    this.maker.remove();
  }
}

function sha256(file: string): string {
  return runTool("sha256sum", [file]).toString().slice(0, 64);
}
