/** A subcommand's module: `main` gets the words after the name and answers the exit status. */
export interface Program {
  /** What `--help` says: how it is called, what it does, its options, examples, exit statuses. */
  readonly help: string;
  main(argv: readonly string[]): Promise<number>;
}

/** Who calls what, in the order of the help. */
export const groups = {
  maintainers: "For maintainers, at their own machine",
  operators: "For operators, in the qubes",
  programs: "What units, services and tools start",
} as const;

/** One line of `release-bot --help`, and how to load what it names. */
export interface Subcommand {
  readonly name: string;
  readonly group: keyof typeof groups;
  readonly summary: string;
  readonly load: () => Promise<Program>;
}

/** Every subcommand, in the order in which the help lists them. */
export const subcommands: readonly Subcommand[] = [
  {
    name: "list",
    group: "maintainers",
    summary: "shows what may be promoted now, what not yet, and why, from signed status data",
    load: () => import("./cli/list.ts"),
  },
  {
    name: "why",
    group: "maintainers",
    summary: "tells the whole story of a version, for each distribution, from signed status data",
    load: () => import("./cli/why.ts"),
  },
  {
    name: "promote",
    group: "maintainers",
    summary: "signs and posts what is ready, from signed status data, and follows the answers",
    load: () => import("./cli/promote.ts"),
  },
  {
    name: "hold",
    group: "maintainers",
    summary: "signs and posts a veto on every promotion of a version",
    load: async () => (await import("./cli/hold.ts")).holdProgram("hold"),
  },
  {
    name: "unhold",
    group: "maintainers",
    summary: "signs and posts the end of a hold",
    load: async () => (await import("./cli/hold.ts")).holdProgram("unhold"),
  },
  {
    name: "withdraw",
    group: "maintainers",
    summary: "signs and posts that a version is taken back out of a repository",
    load: async () => (await import("./cli/hold.ts")).holdProgram("withdraw"),
  },
  {
    name: "build",
    group: "maintainers",
    summary: "queues builds of components, templates and ISOs by hand, and shows what became of builds",
    load: () => import("./cli/build.ts"),
  },
  {
    name: "verify",
    group: "maintainers",
    summary: "says what would become of a signed comment, offline",
    load: () => import("./cli/verify.ts"),
  },
  {
    name: "audit",
    group: "maintainers",
    summary: "re-checks offline how something came to be where it is; lists what one maintainer's key ever did",
    load: () => import("./cli/audit.ts"),
  },
  {
    name: "help",
    group: "maintainers",
    summary: "help commands: what a maintainer can write in a comment",
    load: () => import("./cli/help.ts"),
  },
  {
    name: "completion",
    group: "maintainers",
    summary: "prints what bash, zsh or fish needs to complete the subcommands",
    load: () => import("./cli/completion.ts"),
  },
  {
    name: "doctor",
    group: "operators",
    summary: "looks at everything that this qube's programs need, and says what to do about it",
    load: () => import("./cli/doctor.ts"),
  },
  {
    name: "queue",
    group: "operators",
    summary: "shows what runs and waits in a build qube; cancel, retry, pause, resume",
    load: () => import("./cli/queue.ts"),
  },
  {
    name: "logs",
    group: "operators",
    summary: "shows logs as they come, what is not pushed yet, and ends an embargo",
    load: () => import("./cli/logs.ts"),
  },
  {
    name: "status",
    group: "operators",
    summary: "writes the status page and the signed status data of this build qube, or of several",
    load: () => import("./cli/status.ts"),
  },
  {
    name: "cleanup",
    group: "operators",
    summary: "closes status issues that are over: fully in stable, or replaced by a later version",
    load: () => import("./cli/cleanup.ts"),
  },
  {
    name: "repo",
    group: "operators",
    summary: "publishes, promotes, withdraws and checks package repositories, without any configuration",
    load: () => import("./cli/repo.ts"),
  },
  {
    name: "run",
    group: "operators",
    summary: "runs a command by hand under the builder's lock, with a log and announcements",
    load: () => import("./cli/run.ts"),
  },
  {
    name: "config",
    group: "operators",
    summary: "checks a builder.yml with its includes, and shows what is understood of it",
    load: () => import("./cli/config.ts"),
  },
  {
    name: "infra",
    group: "operators",
    summary: "renders the qubes' configuration from one file, asks dom0's policy, and proves it",
    load: () => import("./cli/infra.ts"),
  },
  {
    name: "shadow",
    group: "operators",
    summary: "report, show: what this agent would have done, beside what the predecessor or the back-end did",
    load: () => import("./cli/shadow.ts"),
  },
  {
    name: "migrate",
    group: "operators",
    summary: "reads a predecessor's set-up in a build qube and writes ours beside it; --undo goes back",
    load: () => import("./cli/migrate.ts"),
  },
  {
    name: "receiver",
    group: "programs",
    summary: "takes GitHub's webhooks in the net qube and hands them to the build qubes",
    load: () => import("./receiver.ts"),
  },
  {
    name: "agent",
    group: "programs",
    summary: "takes pushes and signed commands in a build qube, builds, promotes, and tells GitHub",
    load: () => import("./agent.ts"),
  },
  {
    name: "log-receiver",
    group: "programs",
    summary: "takes build logs in the logs qube, commits and publishes them, and says what they unlock",
    load: () => import("./log-receiver.ts"),
  },
  {
    name: "key-gate",
    group: "programs",
    summary: "stands in front of gpg in the keys qube, and signs only what a received log announced",
    load: () => import("./key-gate.ts"),
  },
  {
    name: "service",
    group: "programs",
    summary: "runs a qrexec service as an executable: hands the call to the daemon, or records it",
    load: () => import("./cli/service.ts"),
  },
  {
    name: "gpg-client",
    group: "programs",
    summary: "stands where a tool expects gpg in a build qube: announces, then signs at the keys qube",
    load: () => import("./gpg-client.ts"),
  },
];
