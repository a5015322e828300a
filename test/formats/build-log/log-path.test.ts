import { describe, expect, it } from "vitest";
import { parseQubeName } from "../../../src/domain/index.ts";
import { formatLogTime, logPath, parseLogPath, reduceLabel } from "../../../src/formats/build-log/index.ts";

describe("a log's path", () => {
  const caller = parseQubeName("build-fedora");
  if (caller === null) throw new Error("no caller");
  const start = Date.UTC(2026, 10, 23, 15, 2, 34);

  it("has the caller, the label and the second, and a number for a second log of it", () => {
    expect(logPath(caller, "core-admin", start, 0)).toBe("build-fedora/core-admin/log_2026-11-23_15-02-34");
    expect(logPath(caller, "core-admin", start, 2)).toBe("build-fedora/core-admin/log_2026-11-23_15-02-34.2");
  });

  it.each(["build-fedora/core-admin/log_2026-11-23_15-02-34", "b/x/log_2026-11-23_15-02-34.17"])("reads %s", (path) => {
    expect(parseLogPath(path)).toBe(path);
  });

  it.each([
    "",
    "build-fedora/core-admin/log_2026-11-23_15-02-34\n",
    "/build-fedora/core-admin/log_2026-11-23_15-02-34",
    "../core-admin/log_2026-11-23_15-02-34",
    "build-fedora/../log_2026-11-23_15-02-34",
    "build-fedora/core admin/log_2026-11-23_15-02-34",
    "build-fedora/core-admin/log_now",
    "build-fedora/core-admin/log_2026-11-23_15-02-34.",
    "build-fedora/core-admin/log_2026-11-23_15-02-34](http://evil)",
    `build-fedora/${"x".repeat(65)}/log_2026-11-23_15-02-34`,
  ])("does not read %j, which a log service could answer", (path) => {
    expect(parseLogPath(path)).toBeNull();
  });

  it.each([
    ["r4.3_core-admin", "r43_core-admin"],
    ["../../etc", "etc"],
    ["", "unnamed"],
    ["+++", "unnamed"],
    ["x".repeat(100), "x".repeat(64)],
  ])("reduces the label %j to %j", (label, reduced) => {
    expect(reduceLabel(label)).toBe(reduced);
  });

  it("writes a line's time in UTC, to the microsecond", () => {
    expect(formatLogTime(start * 1000 + 7)).toBe("2026-11-23 15:02:34.000007 +0000");
    expect(formatLogTime(start * 1000 + 123_456)).toBe("2026-11-23 15:02:34.123456 +0000");
  });
});
