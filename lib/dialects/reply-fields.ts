/** Which header fields of an upstream's reply its client gets. */
import { targetHosts, targetKeys } from '../core/credentials.js';
import type { Target } from '../core/exchange.js';
import type { Headers } from '../core/headers.js';
import { formsOf, runsOf } from '../core/secret-matcher.js';

/**
 * What an upstream says to browsers of its own address, which would be taken for ours: its cookies, where else it can be
 * reached, who may read it, where to report errors.
 */
const OF_ITS_ADDRESS =
  /^(?:set-cookie2?|server|alt-svc|strict-transport-security|report-to|reporting-endpoints|nel|expect-ct|public-key-pins(?:-report-only)?|content-security-policy(?:-report-only)?|clear-site-data|service-worker-allowed|access-control-.*)$/;

/** Node's clients read heads of up to 16 KiB; the proxy adds some fields of its own. */
const HEAD_BYTES = 12 * 1024;

const escaped = (text: string): string => text.replace(/[^a-z0-9]/gi, '\\$&');

/** Any few characters of a key, and a host where it stands as a whole. In one pattern: it is looked for in each field. */
const secretsOf = (target: Target): RegExp => {
  const keys = [...new Set(formsOf(targetKeys(target), encodeURIComponent).flatMap(runsOf))];
  const hosts = targetHosts(target).map((host) => `(?<![a-z0-9-])${escaped(host)}(?![a-z0-9-])`);
  return new RegExp([...keys.map(escaped), ...hosts].join('|'), 'i');
};

const known = new WeakMap<Target, RegExp>();

const secretsIn = (target: Target): RegExp => {
  const pattern = known.get(target) ?? secretsOf(target);
  known.set(target, pattern);
  return pattern;
};

type Field = readonly [name: string, value: string | readonly string[]];

const bytesOf = ([name, value]: Field): number =>
  [value].flat().reduce((sum, line) => sum + name.length + line.length + 4, 0);

/** Without the longest ones, where all are too much for a client. */
const bounded = (fields: readonly Field[]): readonly Field[] => {
  let bytes = fields.reduce((sum, field) => sum + bytesOf(field), 0);
  if (bytes <= HEAD_BYTES) return fields;
  const left = new Set(fields);
  for (const field of [...fields].sort((a, b) => bytesOf(b) - bytesOf(a))) {
    if (bytes <= HEAD_BYTES) break;
    left.delete(field);
    bytes -= bytesOf(field);
  }
  return [...left];
};

/** Those that concern the client: none that are of the upstream's address alone, or tell its key or its host. */
export const replyFields = (headers: Headers, target: Target): Headers => {
  const secrets = secretsIn(target);
  const tells = ([, value]: Field): boolean => [value].flat().some((line) => secrets.test(line));
  const fields = Object.entries(headers).filter((field) => !OF_ITS_ADDRESS.test(field[0]) && !tells(field));
  return Object.assign(Object.create(null), Object.fromEntries(bounded(fields)));
};
