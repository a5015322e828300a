/**
 * Stands in for the user's systemd: `systemd.mjs run …` is systemd-run, `systemd.mjs ctl …` systemctl, as far as builds use
 * them. A unit's control group is a process namespace: what has left its parents is in it all the same.
 */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const [what, ...args] = process.argv.slice(2);
const runtime = process.env["XDG_RUNTIME_DIR"] ?? "";
const file = (unit) => join(runtime, `${unit}.json`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const option = (name) => args.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? "";
const property = (name) =>
  args.find((word) => word.startsWith(`--property=${name}=`))?.slice(`--property=${name}=`.length) ?? "";

function namespaceOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid_for_children`);
  } catch {
    return null;
  }
}

/** Who is in the unit's group: the processes of the namespace that its first one is in. */
function members({ pid, namespace }) {
  const found = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && namespaceOf(name) === namespace);
  return found.map(Number).filter((number) => number !== pid);
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function alive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function run() {
  appendFileSync(join(runtime, "calls"), `${JSON.stringify(args)}\n`);
  const words = args
    .slice(args.indexOf("--") + 1)
    .map((word) => word.replace(/\$(\$|\{?[A-Za-z0-9_]+\}?)/g, (_all, name) => (name === "$" ? "$" : "")));
  if (existsSync(join(runtime, "slow"))) await pause(400);
  const group = property("KillMode") === "control-group";
  // The first process of the namespace ends with the command's status, and the kernel ends all the others.
  const unshare = ["unshare", ...(process.getuid() === 0 ? [] : ["--user", "--map-root-user"])];
  const first = ["--fork", "--pid", "--kill-child=KILL", "sh", "-c", 'trap : TERM; "$@"; exit $?', "sh"];
  const [program, ...rest] = group ? [...unshare, ...first, ...words] : ["setsid", ...words];
  const child = spawn(program, rest, { cwd: option("working-directory"), stdio: "inherit" });
  // Heard from the first: a short command is over before its unit is written down.
  const exit = new Promise((resolve) => child.once("exit", (...end) => resolve(end)));
  await new Promise((resolve) => child.once("spawn", resolve));
  const own = namespaceOf(process.pid);
  while (group && alive(child.pid) && namespaceOf(child.pid) === own) await pause(5);
  const unit = {
    pid: child.pid,
    namespace: namespaceOf(child.pid),
    group,
    grace: parseInt(property("TimeoutStopSec"), 10),
  };
  // Whoever asks for the unit finds all of it, or none.
  writeFileSync(`${file(option("unit"))}.new`, JSON.stringify(unit));
  renameSync(`${file(option("unit"))}.new`, file(option("unit")));
  const [status, signal] = await exit;
  rmSync(file(option("unit")), { force: true });
  // As systemd-run has it: 255 where a signal ended the unit's first process.
  process.exitCode = signal === null && (status ?? 0) <= 128 ? (status ?? 1) : 255;
}

async function control() {
  const unit = args.at(-1) ?? "";
  const verb = args.find((word) => !word.startsWith("--"));
  const known = existsSync(file(unit)) ? JSON.parse(readFileSync(file(unit), "utf8")) : null;
  if (verb === "show") process.stdout.write(`${known?.pid ?? 0}\n`);
  else if (known === null) process.exitCode = 5;
  else await stop(known);
}

async function stop(unit) {
  const all = () => (unit.group ? members(unit) : [unit.pid]);
  for (const pid of all()) kill(pid, constants.signals.SIGTERM);
  for (let waited = 0; waited < unit.grace && alive(unit.pid); waited += 20) await pause(20);
  for (const pid of [...all(), unit.pid]) kill(pid, constants.signals.SIGKILL);
  while (alive(unit.pid)) await pause(10);
}

await (what === "run" ? run() : control());
