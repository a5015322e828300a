/**
 * `release-bot doctor`: looks at everything that this qube's programs need, and says of each what to do about it. Which
 * qube it is in is told by the sections of the configuration. It changes nothing and calls nothing that would.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { thisMachine } from "../../adapters/processes/index.ts";
import { qrexecTransport } from "../../adapters/qrexec/index.ts";
import { callSplitGpg } from "../../adapters/qrexec/split-gpg-call.ts";
import { needTool } from "../../adapters/signer/run-tool.ts";
import { AdapterError } from "../../domain/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { type ConfigurationFile, qrexecSettings, readConfiguration } from "../configuration.ts";
import { logReceiverSettings, stateLayout } from "../log-receiver/settings.ts";
import { readBuildVms } from "../receiver/build-vms.ts";
import { receiverSettings } from "../receiver/settings.ts";
import { checked, type Finding, fine, formatFindings, problem, warning } from "./doctor/finding.ts";
import { judgeGithub } from "./doctor/github.ts";
import { judgeKeys } from "./doctor/keys.ts";
import { judgeLeft } from "./doctor/left.ts";
import { githubRepository, judgeBranchRules, judgePushes } from "./doctor/logs.ts";
import { judgeBuildUnits, judgeDisk, judgeSecret, judgeService, judgeTools } from "./doctor/machine.ts";
import { judgeOutbox } from "./doctor/outbox.ts";
import { withProgress } from "./progress.ts";

/** What `--help` says. */
export const help = `release-bot doctor [--config FILE] [--json]

Looks at configuration, services, keys, clock, GitHub, disk and tools of this qube.

Example: release-bot doctor
         release-bot doctor --json | jq '.[]'
Exit status 0 where nothing is a problem, 1 where something is, 2 wrong usage.
`;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { config: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const findings = await withProgress("looks at this qube", process.stderr, () => examine(values.config));
  process.stdout.write(values.json === true ? `${JSON.stringify(findings)}\n` : formatFindings(findings));
  return findings.some(({ level }) => level === "problem") ? 1 : 0;
}

async function examine(config: string | undefined): Promise<readonly Finding[]> {
  const mend = "mend the line that is named; docs/ says what each setting means";
  let configuration: ConfigurationFile;
  try {
    configuration = readConfiguration(config, process.env);
  } catch (fault) {
    if (fault instanceof AdapterError)
      return [problem(fault.message, "write it, or render it: release-bot infra render")];
    throw fault;
  }
  const roles = [
    ["receiver", examineReceiver],
    ["agent", examineAgent],
    ["log-receiver", examineLogReceiver],
  ] as const;
  const findings: Finding[] = [];
  for (const [section, examineRole] of roles) {
    if (configuration.optionalSection(section, z.unknown()) === null) continue;
    findings.push(...(await checked(mend, () => examineRole(configuration))));
  }
  if (findings.length > 0) return findings;
  return [problem(`${configuration.file}: has no section of a program`, "add receiver:, agent: or log-receiver:")];
}

async function examineReceiver(configuration: ConfigurationFile): Promise<readonly Finding[]> {
  const settings = receiverSettings(configuration, process.env);
  const qubes = readBuildVms(settings.buildVmsList);
  const { host, port } = settings.listen;
  return [
    fine(`${configuration.file}: receiver`),
    fine(`${settings.buildVmsList}: ${qubes.length} build qubes: ${qubes.join(", ")}`),
    ...(await judgeTools(["nginx"])),
    judgeDisk(settings.stateDirectory, 0.2),
    await answers(`http://${host}:${port}/`, "the receiver", "release-bot-receiver"),
  ];
}

async function answers(url: string, what: string, unit: string): Promise<Finding> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return fine(`${what} answers at ${url}`);
  } catch {
    return problem(
      `${what} does not answer at ${url}`,
      `sudo systemctl restart ${unit}; journalctl -u ${unit} says why`,
    );
  }
}

const looksOn = "the agent is in shadow mode: it takes everything in and plans, and does nothing of it";
const toLive = "as long as you compare: release-bot shadow report; then release-bot migrate --live, or mode: live";

async function examineAgent(configuration: ConfigurationFile): Promise<readonly Finding[]> {
  const settings = agentSettings(configuration, process.env);
  const qrexec = qrexecSettings(configuration, process.env);
  const { github, sign, keyring } = settings;
  const token = github["token-file"];
  const trusted = keyring ?? settings["trusted-keys"] ?? "";
  const now = (): Date => new Date();
  const services = ["qubesbuilder.TriggerBuild", "qubesbuilder.ProcessGithubCommand"];
  return [
    fine(`${configuration.file}: agent of ${settings.qube}`),
    ...(settings.mode === "shadow" ? [warning(looksOn, toLive)] : []),
    ...(await judgeTools(["git", "gpg", "sqv"])),
    ...judgeBuildUnits(thisMachine()),
    judgeDisk(settings["state-dir"], 5),
    ...judgeOutbox(join(settings["state-dir"], "agent.db"), now()),
    ...judgeLeft(join(settings["state-dir"], "agent.db")),
    ...(await Promise.all(
      services.map((service) =>
        judgeService(settings.callsDirectory ?? qrexec.servicesDirectory, service, "release-bot-agent"),
      ),
    )),
    ...(await checked("put the maintainers' public keys there", async () => {
      const files = keyring === undefined ? armored(trusted) : [trusted];
      const listing = await needTool({
        program: "gpg",
        args: ["--batch", "--no-tty", "--with-colons", "--show-keys", ...files],
        limitMs: 20_000,
      });
      return judgeKeys(listing.toString("utf8"), "maintainers", now());
    })),
    ...(sign.via !== "key-gate"
      ? [warning("packages are signed with a key that lies in this qube", "use a keys qube: sign: via: key-gate")]
      : await checked(
          "dom0's policy: release-bot infra check; the keys qube: systemctl status release-bot-key-gate",
          async () => {
            const transport = qrexecTransport(qrexec);
            const answer = await callSplitGpg({
              transport,
              target: sign["keys-qube"],
              args: ["--with-colons", "--list-keys"],
              input: [],
              timeoutMs: 30_000,
            });
            if (answer.status !== 0)
              throw new AdapterError("EXIT_STATUS", `the keys qube lists no keys: ${answer.stderr.trim()}`);
            return judgeKeys(answer.stdout.toString("utf8"), `${sign["keys-qube"]}`, now());
          },
        )),
    ...(token === undefined
      ? []
      : [
          judgeSecret(token),
          ...(await checked("look at the network: this qube's netvm, and Tor where it goes by it", async () =>
            judgeGithub(
              {
                apiUrl: github["api-url"],
                token: readFileSync(token, "utf8").trim(),
                repositories: [github["report-repository"]],
                timeoutMs: 20_000,
              },
              now,
            ),
          )),
        ]),
  ];
}

/** The files of a directory of keys. */
function armored(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".asc"))
    .map((name) => `${directory}/${name}`);
}

async function examineLogReceiver(configuration: ConfigurationFile): Promise<readonly Finding[]> {
  const settings = logReceiverSettings(configuration, process.env);
  const { qrexec, signingKey, gnupgHome, gpg, remote, branch } = settings;
  const repository = githubRepository(remote ?? "");
  return [
    fine(`${configuration.file}: log receiver, for ${settings.acknowledge.join(", ") || "nobody"}`),
    ...(await judgeTools(["git", gpg])),
    judgeDisk(settings.stateDirectory, 2),
    await judgeService(qrexec.servicesDirectory, "qubesbuilder.BuildLog", "release-bot-log-receiver"),
    ...(await checked(`gpg --import the secret key of ${signingKey}`, async () => {
      const args = ["--homedir", gnupgHome, "--batch", "--no-tty", "--with-colons", "--list-secret-keys", signingKey];
      const listing = await needTool({ program: gpg, args, limitMs: 20_000 });
      return judgeKeys(listing.toString("utf8"), "the logs' signing key", new Date());
    })),
    judgePushes(stateLayout(settings.stateDirectory).status),
    ...(repository === null
      ? []
      : await judgeBranchRules({ apiUrl: "https://api.github.com", repository, branch, timeoutMs: 20_000 })),
    ...(settings.ack === "push"
      ? []
      : [warning("signatures rest on logs that are committed, not yet public", "set ack: push")]),
    ...(remote === null
      ? [warning("logs are not pushed anywhere", "set remote: to the logs repository")]
      : await checked("add the deploy key, with write access, to the logs repository", async () => {
          const environment = { GIT_SSH_COMMAND: settings.sshCommand, GIT_TERMINAL_PROMPT: "0" };
          await needTool({
            program: "git",
            args: ["ls-remote", "--heads", "--", remote],
            environment,
            limitMs: 60_000,
          });
          return [fine(`${remote}: can be reached`)];
        })),
  ];
}
