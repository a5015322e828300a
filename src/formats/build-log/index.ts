/** The build log: as the agent sends it, as it is kept, and what it announces. */
export { announcementsAtOnce, type Checkpoint, renderAcknowledgement } from "./acknowledgement.ts";
export {
  type Announcement,
  announcedName,
  parseAnnouncement,
  parseTraceLine,
  renderAnnouncement,
  renderTraceLine,
  tracedName,
} from "./announcement.ts";
export { LineStamper } from "./line-stamper.ts";
export { logPath, parseLogPath, reduceLabel } from "./log-path.ts";
export { formatLogTime } from "./log-time.ts";
export { SentLines } from "./sent-lines.ts";
