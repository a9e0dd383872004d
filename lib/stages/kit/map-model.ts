/** Other names for models: in requests, in replies, and in the list of models. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { parse } from '../../bodies/json.js';
import { optional, usual } from '../../codecs/closed.js';
import { Flag, leaf } from '../../codecs/leaf.js';
import { Pattern } from '../../codecs/pattern.js';
import type { Fields } from '../../core/custom-stage.js';
import { type Answered, bytes, type Decoded } from '../../core/exchange.js';
import { kitStage } from './kit-stage.js';

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

const Names = leaf<Readonly<Record<string, string>>>({
  name: 'a map from the names that clients use to those of the upstream',
  is: (value): value is Readonly<Record<string, string>> =>
    t.UnknownRecord.is(value) && Object.entries(value).every(([alias, real]) => isName(alias) && isName(real)),
});

const List = t.type({ data: t.array(t.type({ id: t.string })) });

interface Options {
  readonly models: Readonly<Record<string, string>>;
  readonly hide: readonly Pattern[];
  readonly only: boolean;
}

type Entry = { readonly id: string };

/** The list with the clients' names; a model that has several is there under each. */
const listed = ({ models, hide, only }: Options, entries: readonly Entry[]): readonly Entry[] => {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  const aliases = Object.entries(models).map(([alias, real]) => ({ ...known.get(real), id: alias }));
  const taken = new Set([...Object.keys(models), ...Object.values(models)]);
  const others = only ? [] : entries.filter(({ id }) => !taken.has(id));
  return [...aliases, ...others.filter(({ id }) => !hide.some((pattern) => pattern.test(id)))];
};

const withList = (options: Options, e: Answered): Answered => {
  const { body } = e.reply;
  const list = body._tag === 'Bytes' ? parse(body.bytes) : E.left('not json');
  if (E.isLeft(list) || !List.is(list.right)) return e;
  const value = { ...list.right, data: listed(options, list.right.data) };
  return { ...e, reply: { ...e.reply, body: bytes(Buffer.from(JSON.stringify(value))) } };
};

const named = (models: Options['models'], { call }: Decoded): string | undefined =>
  call._tag === 'Chat' && Object.hasOwn(models, call.body.model) ? models[call.body.model] : undefined;

/** The name that the client asked for stands for the one that the upstream answers with. */
const withModel = (fields: Fields, alias: string): Fields => {
  if (typeof fields.model === 'string') return { ...fields, model: alias };
  const { message } = fields;
  return t.UnknownRecord.is(message) && typeof message.model === 'string'
    ? { ...fields, message: { ...message, model: alias } }
    : fields;
};

export const mapModel = kitStage({
  name: 'map-model',
  says: 'Gives models other names: clients ask for those, see them in the list of models, and get them in replies.',
  fields: {
    models: optional(Names, 'none', 'From the names that clients use to those of the upstream.'),
    hide: usual(
      t.array(Pattern, 'a list of patterns'),
      [],
      'Models in whose name one of these finds something are not listed.',
    ),
    only: usual(Flag, false, 'Whether no others are listed than those of `models`.'),
  },
  example: `- use: map-model
  with:
    models: { fast: seaking-demo }
    hide: ["^demo:"]
`,
  check: ({ models = {}, hide = [] }) =>
    Object.keys(models).length === 0 && hide.length === 0 ? 'map-model needs models or hide' : undefined,
  make: ({ models = {}, hide = [], only = false }) => {
    /** By the request, whose body has the upstream's name by then. */
    const aliasOf = ({ call }: Answered): string | undefined =>
      call._tag === 'Chat' ? Object.keys(models).find((alias) => models[alias] === call.body.model) : undefined;
    return {
      decoded: (e) => {
        const real = named(models, e);
        if (real === undefined || e.call._tag !== 'Chat') return e;
        return { ...e, call: { ...e.call, body: { ...e.call.body, model: real } } };
      },
      json: (fields, e) => {
        const alias = aliasOf(e);
        return alias === undefined ? fields : withModel(fields, alias);
      },
      answered: (e) => (e.call._tag === 'Models' ? withList({ models, hide, only }, e) : e),
    };
  },
});
