/** Outcome → title, labels, body, comment. Pure: what is written where is decided here, and posted by the GitHub adapter. */
export { decodePosting, encodePosting, type Notice, outboxDrafts, type Posting, type PostingDraft } from "./posting.ts";
export { laneOf, statusIssueTitle } from "./title.ts";
