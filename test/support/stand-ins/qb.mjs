#!/usr/bin/env node
/**
 * Stands in for builder v2's `qb`: takes its command line strictly, keeps artifacts where the real one does, wants its stages
 * in order, and answers with its exit status. STAND_IN_FAIL=STAGE makes that stage fail, STAND_IN_HANG=STAGE makes it
 * ignore TERM and never end.
 */
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const here = dirname(process.argv[1]);
const words = process.argv.slice(2);
appendFileSync(
  join(here, "calls"),
  `${JSON.stringify({ words, socket: process.env.RELEASE_BOT_LOG_SOCKET ?? null, cwd: process.cwd() })}\n`,
);

function refuse(message) {
  process.stderr.write(`Usage: qb [OPTIONS] COMMAND\n\nError: ${message}\n`);
  process.exit(2);
}

const given = { "--builder-conf": [], "-c": [], "-d": [], "-t": [], "-o": [] };
while (words[0]?.startsWith("-")) {
  const [option, value] = words.splice(0, 2);
  if (!(option in given)) refuse(`No such option: ${option}`);
  if (value === undefined || value.startsWith("-")) refuse(`Option '${option}' requires an argument.`);
  given[option].push(value);
}
const [group, ...rest] = words;
const single = (option) => (given[option].length === 1 ? given[option][0] : refuse(`one ${option} is needed`));
if (!existsSync(single("--builder-conf"))) refuse("no such configuration");
const artifacts = join(here, "artifacts");
const stateFile = join(here, "state.json");
const state = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : {};
const done = (key, stage) => {
  state[key] = [...(state[key] ?? []), stage];
  writeFileSync(stateFile, JSON.stringify(state));
};
const needs = (key, stage, before) => {
  if (before !== null && !(state[key] ?? []).includes(before)) {
    process.stderr.write(`${key}:${stage}: no artifacts of ${before}\n`);
    process.exit(1);
  }
};

async function play(key, stage) {
  process.stdout.write(`${key}: executing ${stage}\n`);
  if (process.env.STAND_IN_HANG === stage) {
    process.on("SIGTERM", () => undefined);
    spawn("sh", ["-c", "trap '' TERM; sleep 300 & wait"], { stdio: "inherit", detached: true });
    await new Promise((resolve) => setTimeout(resolve, 300_000));
  }
  if (process.env.STAND_IN_FAIL === stage) {
    process.stdout.write(Buffer.from([0x66, 0xff, 0xfe, 0x0a]));
    process.stderr.write(`${key}: ${stage} failed\n`);
    process.exit(1);
  }
}

const order = {
  package: ["fetch", "prep", "build", "sign", "publish", "upload"],
  template: ["prep", "build", "sign", "publish", "upload"],
  installer: ["init-cache", "prep", "build", "sign", "upload"],
};

if (group === "package") {
  const component = given["-c"].length > 0 ? single("-c") : null;
  for (const stage of rest) {
    if (!order.package.includes(stage)) refuse(`No such command '${stage}'.`);
    if (stage === "fetch") {
      await play(component ?? "all", "fetch");
      for (const name of component === null || component === "qubes-release" ? [] : [component]) {
        const sources = join(artifacts, "sources", name);
        const url = readFileSync(join(here, "remote"), "utf8").trim();
        if (existsSync(sources)) execFileSync("git", ["-C", sources, "pull", "--quiet", "--ff-only"]);
        else execFileSync("git", ["clone", "--quiet", url, sources]);
      }
      continue;
    }
    const distribution = single("-d");
    if (!/^(host|vm)-[a-z0-9-]+$/.test(distribution)) refuse(`Unknown distribution ${distribution}`);
    const key = `${component}:${distribution}`;
    needs(key, stage, { build: "prep", sign: "build", publish: "sign", upload: "publish" }[stage] ?? null);
    await play(key, stage);
    if (stage === "build") {
      const out = join(artifacts, "components", component, "1.0-1", distribution, "build/rpm");
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, `${component}-1.0-1.noarch.rpm`), `package of ${key}`);
    }
    done(key, stage);
  }
} else if (group === "template" || group === "installer") {
  const stages = [];
  const options = {};
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--template-timestamp" || word === "--iso-timestamp") options[word] = rest.shift();
    else if (order[group].includes(word)) stages.push(word);
    else refuse(`No such command '${word}'.`);
  }
  const stamp = options[group === "template" ? "--template-timestamp" : "--iso-timestamp"];
  if (stages.includes("prep") !== (stamp !== undefined) || (stamp !== undefined && !/^[0-9]{12}$/.test(stamp)))
    refuse("a timestamp belongs to prep");
  const key = group === "template" ? `template ${single("-t")}` : "installer";
  if (group === "installer" && !given["-o"].some((option) => /^iso:version=[0-9.]+(-rc[0-9]+)?$/.test(option)))
    refuse("an ISO needs its version");
  if (given["-o"].some((option) => !/^iso:(version|is-final)=/.test(option))) refuse("no such option of an ISO");
  for (const stage of stages) {
    const before = order[group][order[group].indexOf(stage) - 1] ?? null;
    needs(key, stage, before);
    await play(key, stage);
    if (stage === "prep") writeFileSync(join(here, "stamp"), stamp);
    if (group === "template" && stage === "build") {
      const built = readFileSync(join(here, "stamp"), "utf8");
      const out = join(artifacts, "templates/rpm");
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, `qubes-template-${single("-t")}-4.3.0-${built}.noarch.rpm`), `package of ${key}`);
    }
    if (group === "installer" && (stage === "build" || stage === "sign")) {
      const version = given["-o"].find((option) => option.startsWith("iso:version="))?.slice("iso:version=".length);
      const iso = join(artifacts, `iso/Qubes-${version}-x86_64.iso`);
      mkdirSync(dirname(iso), { recursive: true });
      if (stage === "build") writeFileSync(iso, `image ${version}`);
      const key = /iso: "?([0-9A-F]{40})/.exec(readFileSync(single("--builder-conf"), "utf8"))?.[1];
      if (stage === "sign" && key !== undefined) {
        const client = process.env.RELEASE_BOT_GPG_CLIENT;
        writeFileSync(
          `${iso}.asc`,
          execFileSync(client, ["--batch", "--armor", "--detach-sign", "-u", key, "-o", "-", iso]),
        );
      }
    }
    done(key, stage);
  }
} else if (group === "repository") {
  const [action, repository, ...more] = rest;
  if (!["publish", "upload"].includes(action) || more.length > 0 || !/^[a-z-]+$/.test(repository ?? ""))
    refuse("repository publish|upload REPO");
  await play(`repository ${repository}`, action);
} else refuse(`No such command '${group}'.`);
