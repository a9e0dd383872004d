/** Puts the URL, the key and the header fields of an upstream on a try. */
import * as O from 'fp-ts/lib/Option.js';
import { withoutClient } from '../core/client-fields.js';
import type { Try } from '../core/exchange.js';
import { endToEnd, set } from '../core/headers.js';
import { plus } from '../core/plus.js';
import { join } from '../core/route.js';
import { withKey } from '../dialects/credentials.js';

/** Asks for a reply that can be judged: plain, whole, and sent though the client has it already. */
const READABLE = {
  'accept-encoding': 'identity',
  range: false,
  'if-range': false,
  'if-none-match': false,
  'if-modified-since': false,
} as const;

/** The try as its upstream shall see it. */
export const address = (attempt: Try): Try => {
  const { target, outgoing, plan } = attempt;
  // First, or the client's `Connection` could name fields that are added here, and so have them dropped.
  const came = { path: outgoing.path, headers: withoutClient(endToEnd(outgoing.headers)) };
  const { path, headers } = O.isSome(target.apiKey) ? withKey(target.apiKey.value, came) : came;
  const readable = plan.inspected ? READABLE : {};
  return plus(attempt, {
    outgoing: {
      ...outgoing,
      path: join(new URL(target.url).pathname.replace(/\/$/, ''), path),
      headers: set(headers, { host: false, ...readable, ...target.headers }),
    },
  });
};
