/** Paths to fields of a body: `messages[0].name`. Nothing is changed in place. */
import * as O from 'fp-ts/lib/Option.js';
import { leaf } from '../../codecs/leaf.js';

export type Path = readonly (string | number)[];

/** They lead to what all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const STEP = /^(?:\.?([A-Za-z_$][\w$-]*)|\[(\d{1,6})\])/;

/** None: it is no path. */
export const pathIn = (text: unknown): O.Option<Path> => {
  if (typeof text !== 'string' || text === '' || text.startsWith('.')) return O.none;
  const path: (string | number)[] = [];
  for (let rest = text; rest !== ''; ) {
    const [whole, name, index] = STEP.exec(rest) ?? [];
    const isJoined = path.length === 0 || rest.startsWith('.') || rest.startsWith('[');
    if (whole === undefined || !isJoined || (name !== undefined && FORBIDDEN.has(name))) return O.none;
    path.push(name ?? Number(index));
    rest = rest.slice(whole.length);
  }
  return O.some(path);
};

const isPath = (value: unknown): value is Path => Array.isArray(value);

const WHAT = 'a path, such as temperature or messages[0].name';

export const PathOf = leaf<Path>({
  name: WHAT,
  is: isPath,
  read: (input) => O.toUndefined(pathIn(input)),
  write: String,
});

type Record_ = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (value: unknown, step: string | number): O.Option<unknown> => {
  if (typeof step === 'number') return Array.isArray(value) && step < value.length ? O.some(value[step]) : O.none;
  return isRecord(value) && Object.hasOwn(value, step) ? O.some(value[step]) : O.none;
};

/** None: it is not there. */
export const at = (value: unknown, path: Path): O.Option<unknown> =>
  path.reduce<O.Option<unknown>>((found, step) => O.chain((inner: unknown) => own(inner, step))(found), O.some(value));

/** With another value there; maps on the way are made, lists are not. Where it cannot be, nothing changes. */
export const put = (value: unknown, [step, ...rest]: Path, given: unknown): unknown => {
  if (step === undefined) return given;
  if (typeof step === 'number') {
    return Array.isArray(value) && step < value.length ? value.with(step, put(value[step], rest, given)) : value;
  }
  if (!isRecord(value) && value !== undefined && value !== null) return value;
  const map = isRecord(value) ? value : {};
  const inner = put(O.toUndefined(own(map, step)), rest, given);
  // A list cannot be made on the way: then nothing of the way is.
  return inner === undefined && rest.length > 0 ? value : { ...map, [step]: inner };
};

/** Without what stands there; the same value, where nothing does. */
export const drop = (value: unknown, path: Path): unknown => {
  const [step, ...rest] = path;
  if (step === undefined || O.isNone(at(value, path))) return value;
  if (typeof step === 'number') {
    const list = value as readonly unknown[];
    return rest.length === 0 ? list.toSpliced(step, 1) : list.with(step, drop(list[step], rest));
  }
  const { [step]: inner, ...others } = value as Record_;
  return rest.length === 0 ? others : { ...(value as Record_), [step]: drop(inner, rest) };
};
