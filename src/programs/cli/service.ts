/**
 * `release-bot service NAME [ARGUMENT]`: a qrexec service as an executable. It hands the call to the running daemon's socket;
 * where no agent runs, it records the call for the agent's next start.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openAgentStore } from "../../adapters/store/index.ts";
import { AdapterError, parseQubeName, type QubeName } from "../../domain/index.ts";
import { readInput } from "../agent/read-input.ts";
import { type AgentService, agentServices, inputLimits } from "../agent/services.ts";
import { agentSettings } from "../agent/settings.ts";
import { type ConfigurationFile, qrexecSettings, readConfiguration } from "../configuration.ts";
import { orWrongUsage } from "../wrong-usage.ts";

/** What `--help` says. */
export const help = `release-bot service NAME [ARGUMENT] [--config FILE]

Runs a qrexec service as an executable: QREXEC_REMOTE_DOMAIN in the environment, the call's input on standard input.
NAME: qubesbuilder.TriggerBuild, qubesbuilder.ProcessGithubCommand, qubesbuilder.BuildLog, qubesbuilder.LogReceived,
qubes.Gpg.

Example: QREXEC_REMOTE_DOMAIN=sys-net release-bot service qubesbuilder.TriggerBuild core-admin </dev/null
Exit status 0 taken, 1 not taken (try again), 2 wrong usage, 127 no such service.
`;

/** Services of daemons whose calls cannot wait: they have an answer to give. */
const liveServices = ["qubesbuilder.BuildLog", "qubesbuilder.LogReceived", "qubes.Gpg"];

/** Runs one call. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = orWrongUsage(
    () =>
      parseArgs({
        args: [...argv],
        options: { config: { type: "string" }, help: { type: "boolean", short: "h" } },
        allowPositionals: true,
      }),
    help,
  );
  if (parsed === null) return 2;
  const { values, positionals } = parsed;
  const [name, argument = "", ...more] = positionals;
  if (values.help === true || name === undefined || more.length > 0) {
    (values.help === true ? process.stdout : process.stderr).write(help);
    return values.help === true ? 0 : 2;
  }
  const ours = agentServices.find((service) => service === name);
  if (ours === undefined && !liveServices.includes(name)) {
    process.stderr.write(`release-bot service: there is no service '${name.replace(/[^\x20-\x7e]/g, "?")}'\n`);
    return 127;
  }
  const source = parseQubeName(process.env["QREXEC_REMOTE_DOMAIN"] ?? "");
  if (source === null) {
    process.stderr.write("release-bot service: QREXEC_REMOTE_DOMAIN must say which qube calls\n");
    return 2;
  }
  // The argument becomes part of a line that ends with a NUL.
  if (!/^[A-Za-z0-9_.+-]{0,900}$/.test(argument)) {
    process.stderr.write("release-bot service: this is no argument of a qrexec call\n");
    return 2;
  }
  try {
    const configuration = readConfiguration(values.config, process.env);
    const { servicesDirectory } = qrexecSettings(configuration, process.env);
    const calls = ours === undefined ? null : agentSettings(configuration, process.env).callsDirectory;
    const daemon = await reach(join(calls ?? servicesDirectory, name));
    if (daemon !== null) return await handOver(daemon, `${name}+${argument} ${source}\0`, ours !== undefined);
    if (ours !== undefined) return await record(configuration, { service: ours, argument, source });
    process.stderr.write(`release-bot service: the daemon of ${name} is not running\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot service: ${error.message}\n`);
    return 1;
  }
}

/** The daemon's socket, connected; null where nobody listens. */
function reach(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("error", () => resolve(null));
    socket.once("connect", () => resolve(socket.removeAllListeners("error")));
  });
}

async function handOver(daemon: Socket, header: string, wantsTaken: boolean): Promise<number> {
  let answer = "";
  daemon.on("error", () => {});
  daemon.on("data", (chunk) => {
    if (answer.length < 16) answer += chunk.toString("latin1").slice(0, 16);
    if (!process.stdout.write(chunk)) {
      daemon.pause();
      process.stdout.once("drain", () => daemon.resume());
    }
  });
  daemon.write(header);
  process.stdin.pipe(daemon);
  await once(daemon, "close");
  process.stdin.unpipe(daemon);
  process.stdin.destroy();
  return !wantsTaken || answer === "taken\n" ? 0 : 1;
}

async function record(
  configuration: ConfigurationFile,
  call: { readonly service: AgentService; readonly argument: string; readonly source: QubeName },
): Promise<number> {
  const limits = inputLimits[call.service];
  const input = await readInput(process.stdin, limits);
  process.stdin.destroy();
  if (input.kind === "silent" || input.kind === "broken") return 1;
  const { "state-dir": stateDirectory } = agentSettings(configuration, process.env);
  // Reports are the agent's affair: nothing that is done here makes one.
  const store = openAgentStore(join(stateDirectory, "agent.db"), () => []);
  try {
    const bytes = input.kind === "whole" ? input.bytes : Buffer.alloc(limits.bytes + 1);
    const { service, argument, source } = call;
    const kept = await store.calls.add({ service, untrustedArgument: argument, source, input: bytes }, new Date());
    if (!kept) {
      process.stderr.write("release-bot service: too many calls wait for the agent's start\n");
      return 1;
    }
    process.stdout.write("taken\n");
    return 0;
  } finally {
    await store.database.close();
  }
}
