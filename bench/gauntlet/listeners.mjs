/** Cases of what goes wrong before a request can be sent: each needs a proxy of its own, in front of that address. */
import { lookup } from 'node:dns/promises';
import { ask } from './client.mjs';
import { SETTINGS, startOurs } from './ours.mjs';
import { scratchFile } from './processes.mjs';
import { REASONS } from './reasons.mjs';
import { verdict, wanted } from './verdict.mjs';

const LIMIT_MS = 20_000;
const PLACES = ['chat', 'chat-stream', 'messages', 'messages-stream'];

/** A name that does not exist is tried twice; one that nobody can tell of now, as often as all else. */
const triesOf = async (name, reason, url) => {
  if (!REASONS[reason].retried) return 1;
  if (name !== 'host-unknown') return 1 + SETTINGS.maxRetries;
  const { code } = await lookup(new URL(url).hostname).catch((error) => error);
  return code === 'ENOTFOUND' ? 2 : 1 + SETTINGS.maxRetries;
};

const run = async (fault, place, base, tries, hosts) => {
  const id = `${fault.name}.${place}`;
  const kase = {
    name: fault.name,
    place,
    kind: fault.reason === 'unreachable' ? 'for ever' : 'final',
    id,
    wish: id,
    weight: 'light',
    limitMs: LIMIT_MS,
    gets: 'error',
    resends: 0,
    reason: fault.reason,
    status: REASONS[fault.reason].status,
    played: Array.from({ length: tries }, () => fault.name),
  };
  const got = await ask(base, place, { ...kase, prompt: 'Hi' });
  // No upstream saw them: what the proxy tells is all there is.
  const counted = Number(got.headers['x-seaking-attempts'] ?? 0);
  const attempts = Array.from({ length: counted }, () => ({ played: fault.name, at: 0 }));
  const options = { strict: true, maxAttempts: tries, hosts };
  return { kase, got, attempts: counted, ...verdict(kase, got, attempts, wanted(''), options) };
};

/**
 * @param {readonly any[]} faults
 * @param {{ listeners: Record<string, string>, certificateAuthority: string }} upstream
 * @param {string} onBreak
 */
export const runListeners = async (faults, { listeners, certificateAuthority }, onBreak) => {
  const authority = scratchFile('authority.pem', certificateAuthority);
  const results = faults.map(async (fault) => {
    const url = listeners[fault.name];
    const tries = await triesOf(fault.name, fault.reason, url);
    const proxy = await startOurs({ url, onBreak, authority });
    const { host, hostname } = new URL(url);
    const hosts = [host, ...(hostname === 'localhost' || hostname === '127.0.0.1' ? [] : [hostname])];
    const done = await Promise.all(PLACES.map((place) => run(fault, place, proxy.url, tries, hosts)));
    await proxy.end();
    return done;
  });
  return (await Promise.all(results)).flat();
};
