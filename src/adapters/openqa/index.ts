/** openQA: asked to test an installation image. */
export { type OpenQaServer, parseClientConf, serverUrl } from "./client-conf.ts";
export { type IsoTestsOptions, openIsoTests } from "./iso-tests.ts";
