import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../commands/index.ts";
import { authorizeOperator } from "../../src/authority/index.ts";
import type { UploadComponent } from "../../src/domain/index.ts";
import { traceOf } from "../../src/signed/index.ts";
import { builderConfiguration } from "../support/builder-configuration.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const builder = builderConfiguration(`
qubes-release: r4.3
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [host-fc41, vm-fc41]
components: [core-admin]
`);

function order(line: string): string {
  const command = parseCommandLine(line);
  if (!command.ok) throw new Error(command.error.message);
  const made = authorizeOperator({ command: command.value as UploadComponent, line, builder, trace: traceOf(line) });
  if (!made.ok) return made.error.code;
  const { target, authority } = made.value;
  return `${authority.kind}: ${target.kind === "component" ? target.distributions.map(({ name }) => name).join(" ") : ""}`;
}

describe("the operator of the build qube", () => {
  it.each([
    [`Upload-component r4.3 core-admin ${sha} current all`, "operator: host-fc41 vm-fc41"],
    [`Upload-component r4.3 core-admin ${sha} current vm-fc41`, "operator: vm-fc41"],
    [`Upload-component r4.2 core-admin ${sha} current all`, "RELEASE_UNKNOWN"],
    [`Upload-component r4.3 gui-daemon ${sha} current all`, "COMPONENT_UNKNOWN"],
    [`Upload-component r4.3 core-admin ${sha} current vm-fc41,vm-sid`, "DISTRIBUTION_UNKNOWN"],
  ])("needs no grant, but names that the builder has: %s", (line, expected) => {
    expect(order(line)).toBe(expected);
  });
});
