/**
 * The milliseconds of processor time that the work takes. What others do on the machine does not count, as it would on a
 * clock on the wall: an algorithm is tested, not the machine.
 */
export function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
