/** Header fields, of what is sent to the upstream and of what the client gets. */
import * as t from 'io-ts';
import { optional, section } from '../codecs/closed.js';
import { HeaderFields, HeaderName, ReplyHeaderFields, ReplyHeaderName } from '../codecs/header-fields.js';
import type { Attempting } from '../core/custom-stage.js';
import type { Answered } from '../core/exchange.js';
import { type Headers, set } from '../core/headers.js';
import { type Flaw, flaw, kitStage } from './kit-stage.js';

const changes = (fields: typeof HeaderFields, name: typeof HeaderName) => ({
  set: optional(fields, 'none', 'Fields to add or to replace.'),
  remove: optional(t.array(name, 'a list of names'), 'none', 'Fields to remove.'),
});

interface Changes {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

const changed = (headers: Headers, { set: added = {}, remove = [] }: Changes): Headers =>
  set(headers, { ...Object.fromEntries(remove.map((name) => [name, false as const])), ...added });

const isEmpty = (changes: Changes | undefined): boolean => Object.keys(changes ?? {}).length === 0;

const inBoth = (section: string, { set: added = {}, remove = [] }: Changes = {}): readonly Flaw[] =>
  remove.flatMap((name, i) =>
    Object.hasOwn(added, name) ? [flaw(`${name} is both set and removed`, section, 'remove', String(i))] : [],
  );

export const headers = kitStage({
  name: 'headers',
  description: 'Changes the header fields of each request to the upstream, and of each good reply to the client.',
  fields: {
    request: section(changes(HeaderFields, HeaderName), 'Changes of the request to the upstream.'),
    reply: section(changes(ReplyHeaderFields, ReplyHeaderName), 'Changes of the reply to the client.'),
  },
  example: `- use: headers
  with:
    request: { set: { x-team: sea }, remove: [user-agent] }
    reply: { remove: [server] }
`,
  check: ({ request, reply }) => {
    if (isEmpty(request) && isEmpty(reply)) return [flaw('headers needs set or remove, of request or reply')];
    return [...inBoth('request', request), ...inBoth('reply', reply)];
  },
  make: ({ request, reply }) => ({
    ...(request !== undefined && !isEmpty(request)
      ? {
          attempt: (e: Attempting) => ({
            ...e,
            outgoing: { ...e.outgoing, headers: changed(e.outgoing.headers, request) },
          }),
        }
      : {}),
    ...(reply !== undefined && !isEmpty(reply)
      ? { response: (e: Answered) => ({ ...e, reply: { ...e.reply, headers: changed(e.reply.headers, reply) } }) }
      : {}),
  }),
});
