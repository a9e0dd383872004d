/** The header fields of an upstream's reply that its client gets. */
import { targetHosts, targetKeys } from '../core/credentials.js';
import type { Target } from '../core/exchange.js';
import type { Headers } from '../core/headers.js';
import { formsOf, runsOf } from '../core/secret-matcher.js';

/**
 * Fields that speak to browsers of the upstream's own address, and would be taken for ours: its cookies, where else it
 * can be reached, who may read it, where to report errors.
 */
const OF_ITS_ADDRESS =
  /^(?:set-cookie2?|server|alt-svc|strict-transport-security|report-to|reporting-endpoints|nel|expect-ct|public-key-pins(?:-report-only)?|content-security-policy(?:-report-only)?|clear-site-data|service-worker-allowed|access-control-.*)$/;

/** The most bytes of fields. Node's clients read heads of up to 16 KiB, and the proxy adds some fields of its own. */
const HEAD_BYTES = 12 * 1024;

const escaped = (text: string): string => text.replace(/[^a-z0-9]/gi, '\\$&');

/** One pattern of all secrets, since it runs on each field: a few characters of a key in a row, or a whole host. */
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

/** The fields without the longest ones, if all are too much for a client. */
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

/** The fields that concern the client: none that are of the upstream's address alone, or hold its key or its host. */
export const replyFields = (headers: Headers, target: Target): Headers => {
  const secrets = secretsIn(target);
  const holds = ([, value]: Field): boolean => [value].flat().some((line) => secrets.test(line));
  const fields = Object.entries(headers).filter((field) => !OF_ITS_ADDRESS.test(field[0]) && !holds(field));
  return Object.assign(Object.create(null), Object.fromEntries(bounded(fields)));
};
