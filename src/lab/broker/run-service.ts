import { type ChildProcess, spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { constants } from "node:os";
import { pipeline } from "node:stream/promises";
import { type CallHeader, formatCallHeader, fullCallName } from "../../formats/qrexec/index.ts";
import type { CallerAnswer } from "./answer.ts";
import type { LabQube } from "./description.ts";

/** Where a permitted call has arrived. */
export interface ServiceRun {
  readonly qube: LabQube;
  readonly path: string;
  readonly call: CallHeader;
  /** The caller's side: its input is read from here. */
  readonly caller: Socket;
  readonly answer: CallerAnswer;
}

/** Connects the caller with a socket service; answers the call's exit status, which is 0 once it was connected. */
export async function runSocketService({ path, call, caller, answer }: ServiceRun): Promise<number> {
  const service = connect({ path, allowHalfOpen: true });
  const connected = await new Promise<boolean>((resolve) => {
    service.once("connect", () => resolve(true));
    service.once("error", () => resolve(false));
  });
  if (!connected) return 125;
  service.on("error", () => {});
  service.write(formatCallHeader(call));
  pipeInput(caller, service);
  await settled(pipeline(service, answer.stdout, { end: true }), service);
  service.destroy();
  return 0;
}

/** Runs an executable service as the qube's user would; ends when it has exited and nobody holds its output any more. */
export async function runExecutableService(run: ServiceRun): Promise<number> {
  const { qube, path, call, caller, answer } = run;
  const child = spawn(path, call.argument === "" ? [] : [call.argument], {
    cwd: qube.home,
    env: {
      PATH: process.env["PATH"],
      LANG: process.env["LANG"] ?? "C.UTF-8",
      HOME: qube.home,
      USER: "user",
      LOGNAME: "user",
      SHELL: "/bin/sh",
      ...qube.environment,
      QREXEC_REMOTE_DOMAIN: call.source,
      QREXEC_SERVICE_FULL_NAME: fullCallName(call),
      QREXEC_SERVICE_ARGUMENT: call.argument,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exit = new Promise<number>((resolve) => {
    child.once("error", () => resolve(125));
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  pipeInput(caller, child.stdin);
  await Promise.all([
    settled(pipeline(child.stdout, answer.stdout), child.stdout),
    settled(pipeline(child.stderr, answer.stderr), child.stderr),
  ]);
  return exit;
}

const running = new Set<ChildProcess>();

/** Ends the services that the broker has started. */
export function stopServices(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** The caller's input, as it comes; that it ends early, or that the service does not want it, is no fault of the call. */
function pipeInput(caller: Socket, to: NodeJS.WritableStream): void {
  to.on("error", () => {});
  to.once("close", () => {
    caller.unpipe(to);
    caller.resume();
  });
  caller.pipe(to);
  caller.once("error", () => to.end());
}

/** Waits for a copy to end, well or not; when it ends badly its source is closed, which is the service's broken pipe. */
async function settled(copy: Promise<void>, source: { destroy(): unknown }): Promise<void> {
  await copy.catch(() => source.destroy());
}
