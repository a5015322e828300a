import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goldenDescription, type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { tryTool } from "../support/tool.ts";

let folder: RenderedOnDisk;
let machine: string;
beforeAll(() => {
  folder = renderToDisk(goldenDescription);
});
afterAll(() => folder.remove());

/** A dom0 whose qvm-run runs a command here; a qube's root is a directory. */
beforeEach(() => {
  machine = temporaryDirectory();
  mkdirSync(join(machine, "bin"));
  const text = `#!/bin/sh
user=none
for word in "$@"; do case $word in --user=*) user=\${word#--user=} ;; esac; done
while [ "$1" != -- ]; do shift; done
echo "$2 $user" >>${machine}/calls
[ "$2" = work ] && exec sh -c "$3"
mkdir -p "${machine}/$2"
exec sh -c "$(printf '%s' "$3" | sed 's#-C /#-C ${machine}/'"$2"'#')"
`;
  writeFileSync(join(machine, "bin/qvm-run"), text);
  chmodSync(join(machine, "bin/qvm-run"), 0o755);
});

const copy = (...words: string[]) =>
  tryTool("sh", [folder.at("dom0/root/release-bot-copy.sh"), ...words], {
    environment: { PATH: `${machine}/bin:/usr/bin:/bin` },
  });

describe("the script that brings each qube its files", () => {
  it("brings every file to its place in its qube, with its mode, as the user that it is for", () => {
    expect(copy("work", folder.root)).toMatchObject({ status: 0, stderr: "" });
    const qube = /^([a-z][a-z0-9-]*)(\/(?:home|rw|usr|root)\/.*)$/;
    const rendered = folder.matching(qube).filter((path) => !/^(srv|dom0)\//.test(path));
    expect(rendered.length).toBeGreaterThan(50);
    for (const path of rendered) {
      expect(readFileSync(join(machine, path), "utf8"), path).toBe(folder.read(path));
      expect(statSync(join(machine, path)).mode, path).toBe(statSync(folder.at(path)).mode);
    }
    const service = "keys-fedora/usr/local/etc/qubes-rpc/qubes.Gpg";
    expect(readlinkSync(join(machine, service))).toBe(readlinkSync(folder.at(service)));
    const calls = readFileSync(join(machine, "calls"), "utf8");
    expect(calls).toContain("build-fedora root\n");
    expect(calls).toContain("build-fedora user\n");
    expect(calls).not.toContain("dom0 ");
  });

  it("brings only the named qubes theirs, and nothing to a wrong name", () => {
    expect(copy("work", folder.root, "logs")).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(join(machine, "calls"), "utf8")).not.toContain("build-");
    expect(copy("work")).toMatchObject({ status: 2 });
    expect(copy("work", "/tmp/$(reboot)")).toMatchObject({ status: 2 });
  });
});
