/** in-toto statements and the envelopes that they are signed in. */
export { type Envelope, parseEnvelope, preAuthentication, renderEnvelope } from "./dsse.ts";
export {
  type BuildStatement,
  isBuildStatement,
  type LogFact,
  type PromotionStatement,
  parseStatement,
  renderStatement,
  type Statement,
  statementWords,
} from "./statement.ts";
