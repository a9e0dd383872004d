/** What work costs, however busy the machine is. */

/** The CPU time of this process, in milliseconds. */
const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** The least of some runs: nothing else was in its way then, neither the collector nor a neighbour's use of the caches. */
export const leastCpuMs = (work: () => void, runs = 3): number =>
  Math.min(...Array.from({ length: runs }, () => cpuMs(work)));
