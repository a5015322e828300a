import type { Html } from "./html.ts";

/** As many pieces as fit into so many bytes, from the front, and how many are left out: no page grows over a megabyte. */
export function fitting(
  pieces: readonly Html[],
  bytes: number,
): { readonly pieces: readonly Html[]; readonly left: number } {
  let used = 0;
  const at = pieces.findIndex((piece) => {
    used += Buffer.byteLength(piece.html);
    return used > bytes;
  });
  return at < 0 ? { pieces, left: 0 } : { pieces: pieces.slice(0, at), left: pieces.length - at };
}
