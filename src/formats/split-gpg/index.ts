/** split-gpg's protocol, as its client speaks it. */
export { FrameReader, renderData, renderEnd } from "./frames.ts";
export { renderHead } from "./head.ts";
