/** Records → list, why, status page. Pure; nothing that a stranger can write decides anything here. */

export { cell, columnsOf, jsonText, printable, wrapped } from "../formats/terminal/index.ts";
export { combineStatus } from "./combine.ts";
export { type CommandLine, type ConcernedPlace, concernedPlaces } from "./command-line.ts";
export { type PromotionWish, promotionLines } from "./promotion-lines.ts";
export { renderSite, type SiteOptions } from "./site.ts";
export { parseStatusData, type StatusData, type StatusPlace, type StatusUpdate } from "./status-data.ts";
export { tellAll, tellStories } from "./story.ts";
export { renderCounts, renderList, renderStories } from "./terminal.ts";
