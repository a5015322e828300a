/** split-gpg's protocol, as its client speaks it. */
export { type ClientRequest, parseClientRequest } from "./client-request.ts";
export { FrameReader, renderData, renderEnd } from "./frames.ts";
export { renderHead } from "./head.ts";
export { signArguments } from "./sign-arguments.ts";
