/** A subcommand's module: `main` gets the words after the name and answers the exit status. */
export interface Program {
  /** What `--help` says: how it is called, what it does, its options, examples, exit statuses. */
  readonly help: string;
  main(argv: readonly string[]): Promise<number>;
}

/** One line of `release-bot --help`, and how to load what it names. */
export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Program>;
}

/** Every subcommand, in the order in which the help lists them. */
export const subcommands: readonly Subcommand[] = [
  {
    name: "receiver",
    summary: "takes GitHub's webhooks in the net qube and hands them to the build qubes",
    load: () => import("./receiver.ts"),
  },
  {
    name: "agent",
    summary: "takes pushes and signed commands in a build qube, builds, promotes, and tells GitHub",
    load: () => import("./agent.ts"),
  },
  {
    name: "service",
    summary: "runs a qrexec service as an executable: hands the call to the daemon, or records it",
    load: () => import("./cli/service.ts"),
  },
  {
    name: "queue",
    summary: "shows what runs and waits in a build qube; cancel, retry, pause, resume",
    load: () => import("./cli/queue.ts"),
  },
  {
    name: "infra",
    summary: "renders the qubes' configuration from one file, asks dom0's policy, and proves it",
    load: () => import("./cli/infra.ts"),
  },
  {
    name: "log-receiver",
    summary: "takes build logs in the logs qube, commits and publishes them, and says what they unlock",
    load: () => import("./log-receiver.ts"),
  },
  {
    name: "key-gate",
    summary: "stands in front of gpg in the keys qube, and signs only what a received log announced",
    load: () => import("./key-gate.ts"),
  },
  {
    name: "gpg-client",
    summary: "stands where a tool expects gpg in a build qube: announces, then signs at the keys qube",
    load: () => import("./gpg-client.ts"),
  },
  {
    name: "logs",
    summary: "shows logs as they come, what is not pushed yet, and ends an embargo",
    load: () => import("./cli/logs.ts"),
  },
  {
    name: "audit",
    summary: "re-checks offline how something came to be where it is; lists what one maintainer's key ever did",
    load: () => import("./cli/audit.ts"),
  },
  {
    name: "verify",
    summary: "says what would become of a signed comment, offline",
    load: () => import("./cli/verify.ts"),
  },
  {
    name: "list",
    summary: "shows what may be promoted now, what not yet, and why, from signed status data",
    load: () => import("./cli/list.ts"),
  },
  {
    name: "promote",
    summary: "signs and posts what is ready, from signed status data, and follows the answers",
    load: () => import("./cli/promote.ts"),
  },
  {
    name: "hold",
    summary: "signs and posts a veto on every promotion of a version",
    load: async () => (await import("./cli/hold.ts")).holdProgram("hold"),
  },
  {
    name: "unhold",
    summary: "signs and posts the end of a hold",
    load: async () => (await import("./cli/hold.ts")).holdProgram("unhold"),
  },
  {
    name: "withdraw",
    summary: "signs and posts that a version is taken back out of a repository",
    load: async () => (await import("./cli/hold.ts")).holdProgram("withdraw"),
  },
  {
    name: "why",
    summary: "tells the whole story of a version, for each distribution, from signed status data",
    load: () => import("./cli/why.ts"),
  },
  {
    name: "status",
    summary: "writes the status page and the signed status data of this build qube, or of several",
    load: () => import("./cli/status.ts"),
  },
  {
    name: "cleanup",
    summary: "closes status issues that are over: fully in stable, or replaced by a later version",
    load: () => import("./cli/cleanup.ts"),
  },
  {
    name: "completion",
    summary: "prints what bash, zsh or fish needs to complete the subcommands",
    load: () => import("./cli/completion.ts"),
  },
  {
    name: "help",
    summary: "help commands: what a maintainer can write in a comment",
    load: () => import("./cli/help.ts"),
  },
  {
    name: "config",
    summary: "checks a builder.yml with its includes, and shows what is understood of it",
    load: () => import("./cli/config.ts"),
  },
  {
    name: "repo",
    summary: "publishes, promotes, withdraws and checks package repositories, without any configuration",
    load: () => import("./cli/repo.ts"),
  },
  {
    name: "build",
    summary: "queues builds of components, templates and ISOs by hand, and shows what became of builds",
    load: () => import("./cli/build.ts"),
  },
  {
    name: "run",
    summary: "runs a command by hand under the builder's lock, with a log and announcements",
    load: () => import("./cli/run.ts"),
  },
  {
    name: "doctor",
    summary: "looks at everything that this qube's programs need, and says what to do about it",
    load: () => import("./cli/doctor.ts"),
  },
  {
    name: "shadow",
    summary: "report, show: what this agent would have done, beside what the predecessor or the back-end did",
    load: () => import("./cli/shadow.ts"),
  },
  {
    name: "migrate",
    summary: "reads a predecessor's set-up in a build qube and writes ours beside it; --undo goes back",
    load: () => import("./cli/migrate.ts"),
  },
];
