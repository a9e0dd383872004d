/** Fields of a request's body: set, added, removed, renamed, kept within bounds. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { optional } from '../../codecs/closed.js';
import { leaf } from '../../codecs/leaf.js';
import { Pattern } from '../../codecs/pattern.js';
import type { ChatBody, Decoded } from '../../core/exchange.js';
import { kitStage } from './kit-stage.js';
import { at, drop, type Path, PathOf, pathIn, put } from './path.js';

type Pairs<A> = readonly (readonly [path: Path, value: A])[];

/** A map whose keys are paths. */
const pathMap = <A>(name: string, valueIn: (input: unknown) => O.Option<A>) =>
  leaf<Pairs<A>>({
    name,
    is: (value): value is Pairs<A> => Array.isArray(value),
    read: (input) => {
      if (!t.UnknownRecord.is(input)) return undefined;
      const pairs: [Path, A][] = [];
      for (const [key, given] of Object.entries(input)) {
        const [path, value] = [pathIn(key), valueIn(given)];
        if (O.isNone(path) || O.isNone(value)) return undefined;
        pairs.push([path.value, value.value]);
      }
      return pairs;
    },
  });

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const boundsIn = (input: unknown): O.Option<Bounds> => {
  if (!t.UnknownRecord.is(input)) return O.none;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, ...others } = input;
  const isWell = typeof min === 'number' && typeof max === 'number' && min <= max && Object.keys(others).length === 0;
  return isWell && ('min' in input || 'max' in input) ? O.some({ min, max }) : O.none;
};

const FIELDS = {
  model_matches: optional(Pattern, 'any', 'Only for requests whose model this pattern finds something in.'),
  rename: optional(
    pathMap('a map from paths to paths', pathIn),
    'none',
    'From the path where a field is to the one where it shall be.',
  ),
  remove: optional(t.array(PathOf, 'a list of paths'), 'none', 'What is taken out.'),
  default: optional(
    pathMap('a map from paths to values', O.some),
    'none',
    'What is put in where there is nothing, or null.',
  ),
  set: optional(pathMap('a map from paths to values', O.some), 'none', 'What is put in, whatever was there.'),
  clamp: optional(
    pathMap('a map from paths to { min, max }, one of which may be missing', boundsIn),
    'none',
    'Numbers that are kept within bounds; what is no number stays.',
  ),
};

const clamped = (body: unknown, [path, { min, max }]: readonly [Path, Bounds]): unknown => {
  const found = at(body, path);
  if (O.isNone(found) || typeof found.value !== 'number') return body;
  const bounded = Math.min(max, Math.max(min, found.value));
  return bounded === found.value ? body : put(body, path, bounded);
};

const renamed = (body: unknown, [from, to]: readonly [Path, Path]): unknown => {
  const found = at(body, from);
  return O.isSome(found) ? put(drop(body, from), to, found.value) : body;
};

export const setFields = kitStage({
  name: 'set-fields',
  says: 'Changes fields of the body of each chat request. In this order: `rename`, `remove`, `default`, `set`, `clamp`.',
  fields: FIELDS,
  example: `- use: set-fields
  with:
    set: { temperature: 0.9 }
    default: { top_p: 0.95 }
    remove: [logit_bias]
    rename: { max_tokens: max_completion_tokens }
    clamp: { max_completion_tokens: { max: 800 } }
`,
  check: ({ model_matches: _, ...actions }) =>
    Object.keys(actions).length === 0 ? 'set-fields needs one of set, default, remove, rename, clamp' : undefined,
  make: ({ model_matches: model, rename = [], remove = [], default: missing = [], set = [], clamp = [] }) => {
    const change = (body: unknown): unknown => {
      const moved = rename.reduce<unknown>(renamed, body);
      const cut = remove.reduce<unknown>(drop, moved);
      const added = missing.reduce<unknown>(
        (all, [path, value]) => ((O.toUndefined(at(all, path)) ?? null) === null ? put(all, path, value) : all),
        cut,
      );
      const replaced = set.reduce<unknown>((all, [path, value]) => put(all, path, value), added);
      return clamp.reduce<unknown>(clamped, replaced);
    };
    return {
      decoded: (e: Decoded) => {
        const { call } = e;
        if (call._tag !== 'Chat' || (model !== undefined && !model.test(call.body.model))) return e;
        const body = change(call.body);
        return body === call.body ? e : { ...e, call: { ...call, body: body as ChatBody } };
      },
    };
  },
});
