import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { signedComment } from "./load.ts";

/**
 * Events a second as wrk counts them: one comment over and over, on so many connections. It is a C program, since a load
 * made by Node costs as much of a small machine as the receiver that it is to measure.
 */
export async function wrkRate(url: string, comment: string, connections: number, seconds: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "rb-wrk-"));
  try {
    const { body, signature } = signedComment(comment, 0);
    const headers = {
      "content-type": "application/json",
      "x-github-event": "issue_comment",
      "x-github-delivery": "0",
      "x-hub-signature-256": signature,
    };
    writeFileSync(join(directory, "body"), body);
    const script = [
      'wrk.method = "POST"',
      `wrk.body = io.open("${join(directory, "body")}"):read("*a")`,
      ...Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`),
    ];
    writeFileSync(join(directory, "load.lua"), script.join("\n"));
    const load = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "-s", join(directory, "load.lua"), url];
    const { stdout } = await promisify(execFile)("wrk", load, { timeout: (seconds + 30) * 1000 });
    const rate = Number(/Requests\/sec:\s+([0-9.]+)/.exec(stdout)?.[1]);
    if (!(rate > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk says: ${stdout}`);
    return rate;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
