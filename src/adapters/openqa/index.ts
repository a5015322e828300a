/** openQA: asked to test an installation image. */
export { parseClientConf, serverUrl } from "./client-conf.ts";
export { openIsoTests } from "./iso-tests.ts";
