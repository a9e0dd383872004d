/** Header fields, of what is sent to the upstream and of what the client gets. */
import * as t from 'io-ts';
import { optional, section } from '../../codecs/closed.js';
import { HIDDEN, leaf } from '../../codecs/leaf.js';
import type { Answered, Try } from '../../core/exchange.js';
import { endToEnd, type Headers, set } from '../../core/headers.js';
import { isHeaders } from '../../core/well-formed.js';
import { kitStage } from './kit-stage.js';

/** The connection's, the framing's, and the one that names the upstream are not a stage's to choose. */
const isFree = (name: string): boolean => name !== 'host' && name in endToEnd({ [name]: '' });

const lower = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

const NOT_THESE = 'not host, and none that belongs to a connection or to the framing';

const Fields = leaf<Readonly<Record<string, string>>>({
  name: `a map from names of header fields to text; ${NOT_THESE}`,
  is: (value): value is Readonly<Record<string, string>> =>
    isHeaders(value) && Object.entries(value).every(([name, field]) => typeof field === 'string' && isFree(name)),
  read: (input) => (t.UnknownRecord.is(input) ? lower(input) : undefined),
  write: (fields) => Object.fromEntries(Object.keys(fields).map((name) => [name, HIDDEN])),
});

const Name = leaf<string>({
  name: `the name of a header field; ${NOT_THESE}`,
  is: (value): value is string => typeof value === 'string' && isHeaders({ [value]: '' }) && isFree(value),
  read: (input) => (typeof input === 'string' ? input.toLowerCase() : undefined),
});

const CHANGES = {
  set: optional(Fields, 'none', 'Fields that are added, or take the place of others.'),
  remove: optional(t.array(Name, 'a list of names'), 'none', 'Fields that are taken out.'),
};

interface Changes {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

const changed = (headers: Headers, { set: added = {}, remove = [] }: Changes): Headers =>
  set(headers, { ...Object.fromEntries(remove.map((name) => [name, false as const])), ...added });

const isEmpty = (changes: Changes | undefined): boolean => Object.keys(changes ?? {}).length === 0;

export const headers = kitStage({
  name: 'headers',
  says: 'Changes header fields: of each request to the upstream, and of each good reply to the client.',
  fields: {
    request: section(CHANGES, 'Of what is sent to the upstream.'),
    reply: section(CHANGES, 'Of what the client gets.'),
  },
  example: `- use: headers
  with:
    request: { set: { x-team: sea }, remove: [user-agent] }
    reply: { remove: [server] }
`,
  check: ({ request, reply }) =>
    isEmpty(request) && isEmpty(reply) ? 'headers needs set or remove, of request or reply' : undefined,
  make: ({ request, reply }) => ({
    ...(request !== undefined && !isEmpty(request)
      ? { try: (e: Try) => ({ ...e, outgoing: { ...e.outgoing, headers: changed(e.outgoing.headers, request) } }) }
      : {}),
    ...(reply !== undefined && !isEmpty(reply)
      ? { answered: (e: Answered) => ({ ...e, reply: { ...e.reply, headers: changed(e.reply.headers, reply) } }) }
      : {}),
  }),
});
