import { describe, expect, it } from "vitest";
import { parseBuildersList } from "../../../src/formats/builder-yml/index.ts";

const read = (text: string) => {
  const { lines, problems } = parseBuildersList("builders.list", text);
  return {
    lines: lines.map(({ at, release, directory, configurationFile }) => [
      at.line,
      release,
      directory,
      configurationFile,
    ]),
    problems: problems.map(({ line, message }) => `${line}: ${message}`),
  };
};

describe("builders.list", () => {
  it("is read in both forms, blank lines and comments between them", () => {
    expect(read("# ours\n\nr4.3=/home/user/b2=/home/user/b.yml\n  \nr4.2=/home/user/b1\nrdevel=/d=/c\r\n")).toEqual({
      lines: [
        [3, "r4.3", "/home/user/b2", "/home/user/b.yml"],
        [5, "r4.2", "/home/user/b1", null],
        [6, "devel", "/d", "/c"],
      ],
      problems: [],
    });
  });

  it("names a wrong line by its number, and reads the others", () => {
    expect(read("4.3=/a\nr4.3\nr4.3=\nr4.3=/a=\nr4.3=/a=/b=/c\nr4.3=/good\n")).toEqual({
      lines: [[6, "r4.3", "/good", null]],
      problems: [
        "1: '4.3' is not a release such as r4.3 or devel",
        ...[2, 3, 4, 5].map((line) => `${line}: write RELEASE=DIRECTORY=CONFIG, or RELEASE=DIRECTORY for a v1 builder`),
      ],
    });
  });
});
