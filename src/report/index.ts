/** Outcome → title, labels, body, comment. Pure: what is written where is decided here, and posted by the GitHub adapter. */
export { answerComment } from "./answer-comment.ts";
export { type Closing, type OpenIssue, planCleanup, type StandingFact } from "./cleanup.ts";
export { compareLabels, type PlacedVersion } from "./compare-labels.ts";
export { issueBody } from "./issue-body.ts";
export { foldLabels, type LabelChange, labelChange, labelFamily, labelPrefix, reached } from "./labels.ts";
export { readMarker, withMarker } from "./marker.ts";
export { noticeComment, noticeLabels } from "./notice-comment.ts";
export { decodePosting, outboxDrafts, type Posting, postingId, postingTrace } from "./posting.ts";
export { type LogLinks, statusComment } from "./status-comment.ts";
export type { MessageTemplates } from "./templates.ts";
export { statusIssueTitle } from "./title.ts";
