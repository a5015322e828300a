/**
 * The lab's stand-in for qrexec: `node src/lab/broker.ts LAB.json`. One process, and one unix socket a qube, so that who calls
 * is known by where the call came in. It asks the real policy text by the same evaluator as `release-bot infra`, and
 * tells each decision as a JSON line. It isolates nothing: every qube of the lab is a directory of the same user.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { readPolicyDirectory } from "../adapters/qrexec/policy-directory.ts";
import { removeStaleSocket } from "../adapters/qrexec/stale-socket.ts";
import { parseQubeName, type QubeName } from "../domain/index.ts";
import { evaluatePolicy, type PolicyAnswer, parsePolicy } from "../formats/qrexec/index.ts";
import { answerTo, type CallerAnswer } from "./broker/answer.ts";
import { type CallHead, readCallHead } from "./broker/call-head.ts";
import { callFromCommandLine } from "./broker/client.ts";
import { type LabDescription, type LabQube, readLabDescription } from "./broker/description.ts";
import { runExecutableService, runSocketService, stopServices } from "./broker/run-service.ts";
import { findService } from "./broker/service.ts";

const refused = 126;

function say(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Asks the policy as it stands on the disk now, like dom0, where a change holds for the next call. */
function decide(lab: LabDescription, source: LabQube, head: CallHead): PolicyAnswer {
  const policy = parsePolicy(readPolicyDirectory(lab.policyDir));
  const { untrustedTarget: target, service, argument } = head;
  return evaluatePolicy(policy, lab.system, { source: source.name, target, service, argument });
}

async function connectCall(
  lab: LabDescription,
  source: QubeName,
  head: CallHead,
  target: string,
  caller: Socket,
  answer: CallerAnswer,
): Promise<number> {
  const qube = lab.qubes.get(target);
  // dom0 runs nothing of the lab's, and disposables cannot be started in it.
  if (qube === undefined) return target === "dom0" ? 127 : refused;
  const found = findService(qube.servicesDirs, head);
  if (found.kind === "none") return found.status;
  const run = { qube, path: found.path, call: { ...head, source }, caller, answer };
  return found.kind === "socket" ? runSocketService(run) : runExecutableService(run);
}

let calls = 0;

async function serve(lab: LabDescription, qube: LabQube, caller: Socket): Promise<void> {
  const answer = answerTo(caller);
  const head = await readCallHead(caller);
  const source = parseQubeName(qube.name);
  if (head === null || source === null) {
    answer.exit(2);
    return;
  }
  const call = ++calls;
  const started = Date.now();
  const verdict = decide(lab, qube, head);
  const { untrustedTarget: asked, service, argument } = head;
  const { result, target, rule, reason } = verdict;
  say({ event: "call", call, source, asked, service, argument, result, target, rule, reason });
  // There is nobody to ask in a lab.
  const allowed = result === "allow" && target !== null;
  const status = allowed ? await connectCall(lab, source, head, target, caller, answer) : refused;
  if (!allowed) answer.stderr.write("Request refused\n");
  answer.exit(status);
  say({ event: "end", call, exit: status, ms: Date.now() - started });
}

async function listen(lab: LabDescription, qube: LabQube): Promise<Server> {
  await removeStaleSocket(qube.socket);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (caller) => {
    caller.on("error", () => {});
    serve(lab, qube, caller).catch((fault: unknown) => {
      say({ event: "fault", source: qube.name, fault: String(fault) });
      caller.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(qube.socket, resolve);
  });
  chmodSync(qube.socket, 0o600);
  return server;
}

async function main(argv: readonly string[]): Promise<void> {
  const [file, ...rest] = argv;
  if (file === "call") {
    process.exitCode = await callFromCommandLine(rest);
    return;
  }
  if (file === undefined || rest.length > 0)
    throw new Error("usage: broker.ts LAB.json, or broker.ts call SOCKET TARGET SERVICE");
  const lab = readLabDescription(file);
  const servers: Server[] = [];
  for (const qube of lab.qubes.values()) servers.push(await listen(lab, qube));
  process.stderr.write("broker: this isolates nothing; every qube of the lab is a directory of the same user\n");
  const sockets = Object.fromEntries([...lab.qubes.values()].map(({ name, socket }) => [name, socket]));
  say({ event: "ready", isolates: "nothing", policyDir: lab.policyDir, sockets });
  const stop = (): void => {
    for (const server of servers) server.close();
    for (const { socket } of lab.qubes.values()) rmSync(socket, { force: true });
    stopServices();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main(process.argv.slice(2)).catch((fault: unknown) => {
  process.stderr.write(`broker: ${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
});
