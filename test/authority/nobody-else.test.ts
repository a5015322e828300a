/** What verification, parsing and authorization make can be made nowhere else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { authorize, orderScopes } from "../../src/authority/index.ts";
import { parseCommands } from "../../src/signed/index.ts";
import { signedLines } from "../support/signed-line.ts";
import { everything, fedora, fresh, judge, sha, signedAt, upload } from "./judging.ts";

const root = join(import.meta.dirname, "../..");
const sources = ["src", "commands"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);

describe("nobody else", () => {
  it.each([
    ["VerifiedMessage", ["src/signed/verify-frame.ts"]],
    ["SignedLine", ["src/signed/command-lines.ts"]],
    ["AuthorizedCommand", ["src/authority/authorize.ts", "src/authority/operator.ts"]],
  ])("makes a %s", (name, makers) => {
    const found = sources.filter((file) => readFileSync(join(root, file), "utf8").includes(`new ${name}(`));
    expect(found.toSorted()).toEqual(makers);
  });

  it("gets a look-alike past the next step", () => {
    const [line] = signedLines(everything, signedAt, upload("vm-fc41"));
    if (line === undefined) throw new Error("no line");
    const environment = { builders: [fedora], known: null };
    const ask = (asked: object) => authorize({ line: asked as never, environment, ledger: fresh, now: signedAt });
    expect(ask(line).kind).toBe("authorized");
    expect(() => ask({ ...line })).toThrow("not signed");
    const forged = { ...line.message, lines: [`Hold r4.3 core-admin ${sha} all`] };
    expect(() => parseCommands(forged as never)).toThrow("not verified");
    const decision = judge(upload("vm-fc41"));
    if (decision.kind !== "authorized") throw new Error("not authorized");
    expect(orderScopes(decision.commands[0])).toHaveLength(1);
    expect(() => orderScopes({ ...decision.commands[0] } as never)).toThrow("not authorized");
  });
});
