/** The time of a line, UTC, as logs carry it: `2026-11-23 15:02:34.123456 +0000`. The argument is microseconds since 1970. */
export function formatLogTime(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  const below = String(microseconds - milliseconds * 1000).padStart(3, "0");
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace("T", " ")}${below} +0000`;
}
