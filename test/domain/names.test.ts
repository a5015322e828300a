import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseCommitSha,
  parseComponentName,
  parseDistribution,
  parseDistributionName,
  parseFingerprint,
  parseIsoVersion,
  parseQubeName,
  parseRelease,
  parseTemplateName,
  parseTemplateVersion,
  parseTimestamp,
} from "../../src/domain/index.ts";

const parsers = {
  release: {
    parse: parseRelease,
    accepts: ["r4.3", "r4", "r10.0.1", "devel"],
    refuses: ["4.3", "r", "r4.", "r.4", "R4.3", "r4.3 ", "r4.3\n", "rdevel2", "develx"],
  },
  component: {
    parse: parseComponentName,
    accepts: ["core-admin", "a", "vmm-xen-unified", "gtk+", "0ad", "A".repeat(64)],
    refuses: [
      "",
      "-help",
      "--help",
      "core.admin",
      "../x",
      "a/b",
      "x;touch$IFS;pwned",
      "a b",
      "a\n",
      "é",
      "A".repeat(65),
      "_x",
      "+x",
    ],
  },
  template: {
    parse: parseTemplateName,
    accepts: ["debian-13-xfce", "fc37+minimal"],
    refuses: ["debian.13", "", "-x", "a/b"],
  },
  commit: {
    parse: parseCommitSha,
    accepts: ["0123456789abcdef0123456789abcdef01234567"],
    refuses: [
      "0123456789ABCDEF0123456789abcdef01234567",
      "0123",
      `${"0".repeat(40)}\n`,
      "g".repeat(40),
      "0".repeat(64),
    ],
  },
  fingerprint: {
    parse: parseFingerprint,
    accepts: ["A".repeat(40), "a".repeat(40)],
    refuses: ["A".repeat(39), "A".repeat(41), `0x${"A".repeat(40)}`, `${"A".repeat(40)}\n`],
  },
  timestamp: {
    parse: parseTimestamp,
    accepts: ["202611231502", "202402290000", "000101010000"],
    refuses: [
      "202302290000",
      "202613010000",
      "202611240060",
      "202611242400",
      "20261123150",
      "2026112315021",
      "202611231502\n",
      "202600010000",
      "202611000000",
    ],
  },
  "template version": {
    parse: parseTemplateVersion,
    accepts: ["4.3.0-202508191723", "4-202508191723"],
    refuses: [
      "4.3.0",
      "4.3.0-202513191723",
      "4..3-202508191723",
      "4.3.0-202508191723-1",
      "-202508191723",
      "v4.3.0-202508191723",
    ],
  },
  "ISO version": {
    parse: parseIsoVersion,
    accepts: ["4.2.202303211327", "4.3.0-rc1", "4.3.0"],
    refuses: ["4.3.0-rc", "4.3.0-beta1", "rc1", "4.3.", "4.3.0-rc1x", ""],
  },
  "qube name": {
    parse: parseQubeName,
    accepts: ["sys-net", "build-fedora", "a.b_c"],
    refuses: ["-x", "1x", "a".repeat(32), "a b", "@default", ""],
  },
  "distribution name": {
    parse: parseDistributionName,
    accepts: ["host-fc41", "vm-bookworm", "vm-fc42.ppc64le", "vm-centos-stream9"],
    refuses: ["fc41", "vm-", "vm-Fc41", "vm-1x", "vm-a_b", "host--x", "all", "vm-a.b.c"],
  },
  distribution: {
    parse: parseDistribution,
    accepts: ["host-fc41", "vm-noble", "vm-archlinux", "vm-win10", "vm-gentoo", "vm-centos-stream10", "dom0-fc37"],
    refuses: ["vm-fc", "vm-potato", "vm-win7", "vm-bookwormx", "host"],
  },
} as const;

describe.each(Object.entries(parsers))("the parser of a %s", (_name, { parse, accepts, refuses }) => {
  it.each(accepts)("accepts %j", (text) => {
    expect(parse(text)).not.toBeNull();
  });

  it.each(refuses)("refuses %j", (text) => {
    expect(parse(text)).toBeNull();
  });

  it("answers every string, and lets through only printable ASCII without blanks or slashes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
        if (parse(text) !== null) expect(text).toMatch(/^[A-Za-z0-9_.+-]+$/);
      }),
    );
  });
});

describe("a name with two spellings", () => {
  it("reads v1's dom0-fc37 as host-fc37", () => {
    expect(parseDistribution("dom0-fc37")).toMatchObject({ name: "host-fc37", set: "host", dist: "fc37", type: "rpm" });
  });

  it("reads rdevel as devel", () => {
    expect(parseRelease("rdevel")).toBe("devel");
  });

  it("knows the architecture after the dot", () => {
    expect(parseDistribution("vm-fc42.ppc64le")).toMatchObject({ dist: "fc42", arch: "ppc64le", set: "vm" });
    expect(parseDistribution("vm-bookworm")).toMatchObject({ arch: "x86_64", type: "deb", fullName: "debian" });
  });
});
