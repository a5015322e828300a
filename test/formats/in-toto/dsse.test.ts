import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFingerprint } from "../../../src/domain/index.ts";
import {
  parseEnvelope,
  parseStatement,
  preAuthentication,
  renderEnvelope,
} from "../../../src/formats/in-toto/index.ts";

const key = parseFingerprint("A".repeat(40));
if (key === null) throw new Error("no key");
const envelope = { payload: Buffer.from('{"a":1}'), key, signature: Buffer.from([1, 2, 3]) };

describe("an envelope", () => {
  it("signs the type and the length with the payload, as DSSE has it", () => {
    const encoded = Buffer.from(preAuthentication(Buffer.from("hello"))).toString();
    expect(encoded).toBe("DSSEv1 28 application/vnd.in-toto+json 5 hello");
  });

  it("is one line of ASCII, and is read back as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (payload, signature) => {
        const text = renderEnvelope({ payload, key, signature });
        expect(text).toMatch(/^[\x20-\x7e]+$/);
        const read = parseEnvelope(text);
        expect(Buffer.from(read?.payload ?? []).equals(Buffer.from(payload))).toBe(true);
        expect(Buffer.from(read?.signature ?? []).equals(Buffer.from(signature))).toBe(true);
      }),
    );
  });

  const text = renderEnvelope(envelope);
  it.each([
    ["not JSON", "{"],
    ["null", "null"],
    ["white space", ` ${text}`],
    ["another type of payload", text.replace("in-toto", "in-tito")],
    ["no signature", text.replace(/"signatures":\[.*\]/, '"signatures":[]')],
    ["two signatures", text.replace(/"signatures":\[(.*)\]/, '"signatures":[$1,$1]')],
    ["another spelling of the same base64", text.replace('"AQID"', '"AQID\\n"')],
    ["a key that is none", text.replace("A".repeat(40), "A".repeat(39))],
    ["one member more", text.replace("{", '{"x":1,')],
  ])("is refused: %s", (_, untrusted) => {
    expect(parseEnvelope(untrusted)).toBeNull();
  });

  it("is never read out of hostile bytes, nor is a statement", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (untrusted) => void parseEnvelope(untrusted)));
    fc.assert(fc.property(fc.json(), (untrusted) => parseStatement(Buffer.from(untrusted)) === null));
  });
});
