import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { githubRepository, judgeBranchRules, judgePushes } from "../../src/programs/cli/doctor/logs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** GitHub, as far as a branch's rules go. */
async function github(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, response) => {
    const found = answers[request.url ?? ""];
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { message: "Not Found" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const branchRules = "/repos/QubesOS/build-logs/rules/branches/master";
const forbidding = [
  { type: "deletion", ruleset_id: 7 },
  { type: "non_fast_forward", ruleset_id: 7 },
];
const ask = async (answers: Readonly<Record<string, unknown>>) =>
  judgeBranchRules({
    apiUrl: await github(answers),
    repository: "QubesOS/build-logs",
    branch: "master",
    timeoutMs: 60_000,
  });

describe("what doctor says in the logs qube", () => {
  it.each([
    [
      "a rule without exceptions",
      { [branchRules]: forbidding, "/repos/QubesOS/build-logs/rulesets/7": { bypass_actors: [] } },
      ["ok"],
    ],
    [
      "exceptions that it may not see",
      { [branchRules]: forbidding, "/repos/QubesOS/build-logs/rulesets/7": {} },
      ["ok"],
    ],
    [
      "a rule that somebody can bypass",
      { [branchRules]: forbidding, "/repos/QubesOS/build-logs/rulesets/7": { bypass_actors: [{ actor_id: 1 }] } },
      ["ok", "problem"],
    ],
    ["force pushes allowed", { [branchRules]: [{ type: "deletion", ruleset_id: 7 }] }, ["problem"]],
    ["no rule at all", { [branchRules]: [] }, ["problem"]],
    ["no answer", {}, ["warning"]],
  ])("of the logs branch at GitHub: %s", async (_, answers, levels) => {
    expect((await ask(answers)).map(({ level }) => level)).toEqual(levels);
  });

  it.each([
    [null, "ok"],
    [{ waiting: 0, since: null, reason: null, embargo: false }, "ok"],
    [{ waiting: 3, since: 1, reason: "unreachable: x", embargo: false }, "problem"],
    [{ waiting: 3, since: 1, reason: null, embargo: true }, "warning"],
  ])("of the pushes %j: %s", (state, level) => {
    const file = join(temporaryDirectory(), "status.json");
    if (state !== null) writeFileSync(file, JSON.stringify(state));
    expect(judgePushes(file).level).toBe(level);
  });

  it.each([
    ["git@github.com:QubesOS/build-logs.git", "QubesOS/build-logs"],
    ["https://github.com/QubesOS/build-logs", "QubesOS/build-logs"],
    ["ssh://git@host/build-logs.git", null],
    ["/var/logs.git", null],
  ])("knows a remote at GitHub: %s", (remote, repository) => {
    expect(githubRepository(remote)).toBe(repository);
  });
});
