/** Places in a body, as `a.b[0].c`, and what can be done there. Bodies are never changed, but made anew. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** Keys, and indexes of lists. The first is a key. */
export type FieldPath = readonly [string, ...(string | number)[]];

const NAME = 'a path such as max_tokens or a.b[0].c';

/** Names that would reach behind the values of JavaScript. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

const STEP = /(?:^|(?!^)\.)([^.[\]]+)|(?!^)\[(\d{1,4})\]/y;

/** Left: how many characters could be read. */
const stepsOf = (path: string): E.Either<number, readonly (string | number)[]> => {
  const steps: (string | number)[] = [];
  let at = 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const [whole, key, index] = STEP.exec(path) ?? [];
    if (whole === undefined) return E.left(at);
    steps.push(key ?? Number(index));
    at += whole.length;
  }
  return steps.length === 0 ? E.left(0) : E.right(steps);
};

const isPath = (value: unknown): value is FieldPath =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  value.every((step) => (typeof step === 'string' ? !FORBIDDEN.has(step) : Number.isInteger(step)));

export const pathText = (path: FieldPath): string =>
  path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`)).join('');

export const FieldPath = new t.Type<FieldPath, unknown, unknown>(
  NAME,
  isPath,
  (input, context) => {
    if (typeof input !== 'string') return t.failure(input, context);
    const steps = stepsOf(input);
    if (E.isLeft(steps)) return t.failure(input, context, `expected ${NAME}; wrong at character ${steps.left + 1}`);
    return isPath(steps.right)
      ? t.success(steps.right)
      : t.failure(input, context, 'expected a path without __proto__, constructor and prototype');
  },
  pathText,
);

type Steps = readonly (string | number)[];

const at = (value: unknown, step: string | number): unknown => {
  if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
  return t.UnknownRecord.is(value) && Object.hasOwn(value, step) ? value[step] : undefined;
};

/** The value at a path; undefined for none. */
export const valueAt = (value: unknown, path: Steps): unknown => path.reduce(at, value);

/**
 * The same with `made` there. What is no map or list on the way becomes one; an index after the end of a list adds to
 * the list.
 */
export const withValue = (value: unknown, [step, ...rest]: Steps, made: unknown): unknown => {
  if (step === undefined) return made;
  const inner = withValue(at(value, step), rest, made);
  if (typeof step === 'string') return { ...(t.UnknownRecord.is(value) ? value : {}), [step]: inner };
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.toSpliced(step, 1, inner);
};

/** The body without the value at a path. */
export const without = (value: unknown, [step, ...rest]: Steps): unknown => {
  if (step === undefined || at(value, step) === undefined) return value;
  if (rest.length > 0) return withValue(value, [step], without(at(value, step), rest));
  if (Array.isArray(value)) return value.toSpliced(Number(step), 1);
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => key !== step));
};
