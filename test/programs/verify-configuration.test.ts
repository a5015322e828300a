import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clock, iso, upload, VerifyDesk } from "./verify-desk.ts";

let desk: VerifyDesk;
let message: string;
beforeAll(() => {
  desk = new VerifyDesk();
  message = desk.sign(iso);
});
afterAll(() => desk.remove());

describe("the offline check with a configuration", () => {
  const builder = (grants: string): string => {
    const file = join(desk.place, "builder.yml");
    writeFileSync(
      file,
      `qubes-release: r4.2
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [host-fc37, vm-bookworm]
components: [core-admin]
github: { maintainers: ${grants} }
`,
    );
    return file;
  };
  const codes = async (line: string, grants: string): Promise<unknown> => {
    const judgement = await desk.judged(desk.sign(line), "--config", builder(grants), ...clock);
    const { messages } = judgement as { messages: { code?: string }[] };
    return messages.map(({ code }) => code ?? "accepted");
  };
  const all = "components: _all_, distributions: _all_, templates: _all_";

  it("judges what the signer is granted", async () => {
    expect(await codes(upload, `{ '${desk.key}': { ${all} } }`)).toEqual(["accepted"]);
    expect(await codes(upload, `{ '${desk.key}': { components: [core-admin], distributions: [host-fc37] } }`)).toEqual([
      "NOT_GRANTED",
    ]);
    expect(await codes(upload, "{}")).toEqual(["NOT_GRANTED"]);
    expect(await codes(iso, `{ '${desk.key}': { ${all} } }`)).toEqual(["NOT_GRANTED"]);
    expect(await codes(iso, `{ '${desk.key}': { ${all}, iso: true } }`)).toEqual(["accepted"]);
    expect(await codes(upload.replace("vm-bookworm,host-fc37", "all"), "{}")).toEqual(["NOT_GRANTED"]);
  });

  it("names what no builder of it serves", async () => {
    const grants = `{ '${desk.key}': { ${all} } }`;
    expect(await codes(upload.replace("r4.2", "r4.9"), grants)).toEqual(["RELEASE_UNKNOWN"]);
    expect(await codes(upload.replace("core-admin", "core-agent"), grants)).toEqual(["COMPONENT_UNKNOWN"]);
    expect(await codes(upload.replace("host-fc37", "vm-trixie"), grants)).toEqual(["DISTRIBUTION_UNKNOWN"]);
    expect(await codes("Build-template r4.2 fc37 202303211327", grants)).toEqual(["TEMPLATE_UNKNOWN"]);
  });

  it("takes keys and builders from the agent's own configuration", async () => {
    builder(`{ '${desk.key}': { ${all} } }`);
    writeFileSync(join(desk.place, "builders.list"), `r4.2=${desk.place}=builder.yml\n`);
    writeFileSync(join(desk.place, "token"), "x");
    const file = join(desk.place, "config.yml");
    writeFileSync(
      file,
      "agent:\n  qube: build-fedora\n  builders-list: builders.list\n  trusted-keys: keys\n  github: { token-file: token }\n",
    );
    const good = await desk.verify(desk.sign(upload), "--config", file, ...clock);
    expect([good.status, good.stderr]).toEqual([0, ""]);
    expect(good.stdout).toContain(`accepted  ${upload} (upload-component)`);
    expect((await desk.verify(message, "--config", file, "--json", ...clock)).stdout).toContain("NOT_GRANTED");
    // In the build qube nobody has to name it; other keys stand for themselves.
    desk.environment = { RELEASE_BOT_CONFIG: file };
    expect((await desk.verify(desk.sign(upload), ...clock)).stdout).toContain(`accepted  ${upload} (upload-component)`);
    expect((await desk.verify(message, "--json", ...clock)).stdout).toContain("NOT_GRANTED");
    expect((await desk.verify(message, ...desk.keys, ...clock)).stdout).toContain("no --config was given");
    desk.environment = {};
  });
});
