/** in-toto statements and the envelopes that they are signed in. */
export { type Envelope, parseEnvelope, preAuthentication, renderEnvelope } from "./dsse.ts";
export {
  type About,
  type Asked,
  type BuildStatement,
  type HoldStatement,
  type LogFact,
  type PromotionStatement,
  parseStatement,
  renderStatement,
  type Statement,
  statementWords,
  type WithdrawalStatement,
} from "./statement.ts";
