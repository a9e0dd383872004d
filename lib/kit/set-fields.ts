/** Fields of a request's body: set, added, removed, renamed, kept within bounds. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, type Filled, optional, type Written, withDefault } from '../codecs/closed.js';
import { leaf } from '../codecs/leaf.js';
import { mapOf } from '../codecs/map-of.js';
import { Pattern } from '../codecs/pattern.js';
import type { ChatBody } from '../core/dialect.js';
import { chatBody } from '../dialects/request.js';
import { FieldPath, pathText, valueAt, without, withValue } from './field-path.js';
import { type Flaw, flaw, kitStage } from './kit-stage.js';

const isJson = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value === null || /string|boolean/.test(typeof value);
  return (Array.isArray(value) || t.UnknownRecord.is(value)) && Object.values(value).every(isJson);
};
const Json = leaf({ name: 'a value that JSON can express', is: (u): u is unknown => isJson(u) });

const Bound = leaf({
  name: 'a number',
  is: (u): u is number => Number.isFinite(u),
  read: (input) => (typeof input === 'string' && input.trim() !== '' ? Number(input) : input),
});

const RANGE = {
  min: optional(Bound, 'none', 'The least.'),
  max: optional(Bound, 'none', 'The most.'),
};
type Range = Written<typeof RANGE>;

const Values = mapOf(FieldPath, Json, 'a map of paths to values');

const FIELDS = {
  model_matches: optional(Pattern, 'any', 'Only requests for a model that this pattern matches are changed.'),
  rename: withDefault(
    mapOf(FieldPath, FieldPath, 'a map of paths to paths'),
    [],
    'Moves values from one path to another; a value that is already there wins.',
  ),
  remove: withDefault(t.array(FieldPath, 'a list of paths'), [], 'Fields to remove.'),
  default: withDefault(Values, [], 'Values for fields that are missing or null.'),
  set: withDefault(Values, [], 'Values for fields, whatever the client sent.'),
  clamp: withDefault(
    mapOf(FieldPath, closed(RANGE), 'a map of paths to { min, max }'),
    [],
    'The bounds of a number: a number outside them becomes the nearer bound.',
  ),
};
type Options = Omit<Filled<typeof FIELDS>, 'model_matches'>;

const isMissing = (body: unknown, path: FieldPath): boolean => (valueAt(body, path) ?? null) === null;

const moved = (body: unknown, from: FieldPath, to: FieldPath): unknown => {
  const value = valueAt(body, from);
  if (value === undefined) return body;
  const rest = without(body, from);
  return isMissing(rest, to) ? withValue(rest, to, value) : rest;
};

const clamped = (body: unknown, path: FieldPath, { min = -Infinity, max = Infinity }: Range): unknown => {
  const value = valueAt(body, path);
  if (typeof value !== 'number' || (value >= min && value <= max)) return body;
  return withValue(body, path, Math.min(max, Math.max(min, value)));
};

/** One after the other; each sees what those before it made. */
const changed = (body: unknown, options: Options): unknown => {
  let now = body;
  for (const [from, to] of options.rename) now = moved(now, from, to);
  for (const path of options.remove) now = without(now, path);
  for (const [path, value] of options.default) now = isMissing(now, path) ? withValue(now, path, value) : now;
  for (const [path, value] of options.set) now = withValue(now, path, value);
  for (const [path, range] of options.clamp) now = clamped(now, path, range);
  return now;
};

/** The least that every request is. */
const SAMPLE: ChatBody = { model: 'a-model', messages: [{}] };

const rangeFlaws = ([path, { min = -Infinity, max = Infinity }]: readonly [FieldPath, Range]): readonly Flaw[] => {
  const name = pathText(path);
  if (min > max) return [flaw(`min of ${name} is above max`, 'clamp', name)];
  return min === -Infinity && max === Infinity ? [flaw(`expected min or max of ${name}`, 'clamp', name)] : [];
};

export const setFields = kitStage({
  name: 'set-fields',
  description:
    'Changes fields of the body of each chat request. In this order: `rename`, `remove`, `default`, `set`, `clamp`.',
  fields: FIELDS,
  example: `- use: set-fields
  with:
    set: { temperature: 0.9 }
    default: { top_p: 0.95 }
    remove: [logit_bias]
    rename: { max_tokens: max_completion_tokens }
    clamp: { max_completion_tokens: { max: 800 } }
`,
  check: ({ model_matches: _, ...options }) => {
    if (Object.values(options).every(({ length }) => length === 0)) {
      return [flaw('set-fields needs one of set, default, remove, rename, clamp')];
    }
    const whole = chatBody(changed(SAMPLE, options));
    return [
      ...options.clamp.flatMap(rangeFlaws),
      ...(E.isLeft(whole) ? [flaw(`no request would be left: ${whole.left}`)] : []),
    ];
  },
  make: ({ model_matches: pattern, ...options }) => ({
    request: (e) => {
      const { call } = e;
      if (call._tag !== 'Chat' || pattern?.test(call.body.model ?? '') === false) return e;
      const body = changed(call.body, options);
      // It is read again after this stage: what is no chat is this stage's fault.
      return body === call.body ? e : { ...e, call: { ...call, body: body as ChatBody } };
    },
  }),
});
