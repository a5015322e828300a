import fc from "fast-check";
import { packetBody, putTogether, takeApart } from "../support/clear-signed.ts";

/** Lines and pieces that a forger would move about. */
const pieces = [
  "-----BEGIN PGP SIGNED MESSAGE-----\n",
  "-----BEGIN PGP SIGNATURE-----\n",
  "-----END PGP SIGNATURE-----\n",
  "Hash: SHA256\n",
  "Hash: SHA1\n",
  "\n",
  "\r",
  " ",
  "\t",
  "- ",
  "\0",
  "Hold r4.3 core-admin x all\n",
  "=AAAA\n",
  "\u200b",
  "\u202e",
];

/** Changes bytes of the message as it stands there. */
function onTheSurface(messages: readonly string[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(1200), remove: fc.nat(3), insert: fc.constantFrom("", "", ...pieces) });
  const flip = fc.record({ at: fc.nat(1200), bit: fc.nat(7) });
  return fc
    .record({
      message: fc.constantFrom(...messages),
      edits: fc.array(edit, { maxLength: 3 }),
      flips: fc.array(flip, { maxLength: 3 }),
    })
    .map(({ message, edits, flips }) => {
      let text = message;
      for (const { at, remove, insert } of edits) {
        const place = at % (text.length + 1);
        text = text.slice(0, place) + insert + text.slice(place + remove);
      }
      const bytes = Buffer.from(text);
      for (const { at, bit } of flips) {
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
      }
      return bytes;
    });
}

/** Lines of two messages, put together anew. */
function spliced(messages: readonly string[]): fc.Arbitrary<Uint8Array> {
  const message = fc.constantFrom(...messages);
  return fc
    .record({ first: message, second: message, head: fc.nat(12), skip: fc.nat(12) })
    .map(({ first, second, head, skip }) =>
      Buffer.from([...first.split("\n").slice(0, head), ...second.split("\n").slice(skip)].join("\n")),
    );
}

/** Changes the signature packet below its armor, so that the frame's parser and the verifiers get to see it. */
function belowTheArmor(messages: readonly string[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(800), remove: fc.nat(2), insert: fc.uint8Array({ maxLength: 3 }) });
  return fc
    .record({
      message: fc.constantFrom(...messages),
      edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
      text: fc.constantFrom(null, null, "Hold r4.3 core-admin y all"),
      header: fc.boolean(),
    })
    .map(({ message, edits, text, header }) => {
      const parts = takeApart(message);
      let bytes = header ? parts.packets : packetBody(parts.packets);
      for (const { at, remove, insert } of edits) {
        const place = at % (bytes.length + 1);
        bytes = Uint8Array.from([...bytes.slice(0, place), ...insert, ...bytes.slice(place + remove)]);
      }
      const length = [0, 0, bytes.length >> 8, bytes.length & 0xff];
      const packets = header ? bytes : Uint8Array.from([0x8a, ...length, ...bytes]);
      return Buffer.from(putTogether({ ...parts, text: text ?? parts.text, packets }));
    });
}

/** A message that somebody changed on its way. */
export function mutated(messages: readonly string[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 4, arbitrary: onTheSurface(messages) },
    { weight: 1, arbitrary: spliced(messages) },
    { weight: 4, arbitrary: belowTheArmor(messages) },
  );
}
