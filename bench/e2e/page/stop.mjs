/** Stop: it must reach the upstream, and leave the page as it was. */

const REACHES_MS = 1000;
const POLL_MS = 20;
const WAIT_MS = 15_000;
/** The wait that `retry-after-3` asks for, and a tenth. */
const RETRY_MS = 3300;
const BURST_MS = 1000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What `ask` gives once it is not undefined. */
const until = async (ask, ms) => {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(POLL_MS)) {
    const got = await ask();
    if (got !== undefined) return got;
  }
  return undefined;
};

/** With a proxy that waits for longer than the case takes. */
export const runStops = async ({ tavern, upstream }, desk) => {
  const came = (id) => async () => ((await upstream.attempts(id)).length > 0 ? true : undefined);
  const begun = async () => ((await tavern.lastText()).startsWith('You said') ? true : undefined);

  /** @param {any} kase @param {(id: string) => Promise<unknown>} when @param {(id: string, at: number) => Promise<readonly string[]>} more */
  const check = async (kase, when, more) => {
    let at = 0;
    await tavern.clear();
    await desk.check(
      kase,
      async (prompt, id) => {
        at = await tavern.sendAndStop(prompt, () => when(id));
      },
      { more: (id) => more(id, at) },
    );
  };
  const reaches = async (id, at) => {
    const closed = await until(async () => (await upstream.attempts(id)).at(-1)?.closed ?? undefined, 2 * REACHES_MS);
    if (closed === undefined) return ['Stop did not reach the upstream'];
    const ms = Math.round(closed.at - at);
    return ms <= REACHES_MS ? [] : [`Stop reached the upstream after ${ms} ms`];
  };

  const waits = { says: 'Stop, while nothing has come', wish: 'hang-before-headers:always', text: 'none' };
  await check({ ...waits, played: ['hang-before-headers'] }, (id) => until(came(id), WAIT_MS), reaches);
  if (desk.at.stream) {
    const middle = { says: 'Stop, in the middle of the reply', wish: 'broken-silence:always', text: 'beginning' };
    // What came at once may stay unshown until the end: the page shows a stream's text at its next tick.
    const shown = async (id) => (await until(came(id), WAIT_MS)) && until(begun, BURST_MS);
    await check({ ...middle, played: ['broken-silence'] }, shown, reaches);
    return;
  }
  const retrying = { says: 'Stop, while a retry is waited for', wish: 'retry-after-3:always', text: 'none' };
  await check(
    { ...retrying, played: ['retry-after-3'] },
    (id) => until(came(id), WAIT_MS),
    async (id) => {
      await sleep(RETRY_MS);
      const { length } = await upstream.attempts(id);
      return length === 1 ? [] : [`${length} attempts`];
    },
  );
};
