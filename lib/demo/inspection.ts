/** The demo's account of itself. Asking is neither recorded nor counted. */
import type { SeenAttempt } from './attempts.js';
import { type Fault, faults, goodReplies } from './catalogue.js';
import type { Script } from './script.js';
import { json, TEXT_TYPE, whole } from './wire.js';

const ATTEMPTS = '/demo/attempts';
const CATALOGUE = '/demo/catalogue';
const EXPECTED = '/demo/expected';

/** `at` is on the demo's own monotonic clock; with `timeOrigin` it is milliseconds since 1970. */
const listed = (attempts: readonly SeenAttempt[]): Script =>
  json({
    timeOrigin: performance.timeOrigin,
    attempts: attempts.map((attempt) => ({ ...attempt, body: attempt.body.toString('utf8') })),
  });

/** All that is known of each fault and each good reply; its script alone is not data. */
const catalogue = (): Script =>
  json({
    faults: Object.entries<Fault>(faults).map(([name, fault]) => ({ name, ...fault })),
    goodReplies: Object.entries(goodReplies).map(([name, reply]) => ({ name, ...reply })),
  });

const texts: ReadonlyMap<string, (prompt: string) => string> = new Map(
  Object.entries(goodReplies).map(([name, { text }]) => [name, text]),
);

/** The text that a client is to have of a good reply in the end. */
const expected = (query: URLSearchParams): Script => {
  const text = texts.get(query.get('name') ?? '');
  if (text === undefined) return json({ error: 'There is no good reply of that name.' }, 404);
  return whole(200, TEXT_TYPE, text(query.get('prompt') ?? ''));
};

/**
 * `GET /demo/attempts?id=`, `GET /demo/catalogue`, `GET /demo/expected?name=&prompt=`. Undefined: the request is one to
 * be played. `attempts` gives those of an id, or all.
 */
export const inspection =
  (attempts: (id?: string) => readonly SeenAttempt[]) =>
  (target: string): Script | undefined => {
    const [path, text] = target.split('?', 2);
    const query = new URLSearchParams(text);
    if (path === ATTEMPTS) return listed(attempts(query.get('id') ?? undefined));
    if (path === CATALOGUE) return catalogue();
    return path === EXPECTED ? expected(query) : undefined;
  };
