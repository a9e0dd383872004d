/** Other names for models: in requests, in replies, and in the list of models. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { type Model, modelOf, withModels } from '../../bodies/models.js';
import { optional, usual } from '../../codecs/closed.js';
import { Flag, Text } from '../../codecs/leaf.js';
import { type Entries, mapOf } from '../../codecs/map-of.js';
import { Pattern } from '../../codecs/pattern.js';
import type { Fields } from '../../core/custom-stage.js';
import { type Answered, bytes, type Dialect } from '../../core/exchange.js';
import { flaw, kitStage } from './kit-stage.js';

const Names = mapOf(Text, Text, 'a map from the names that clients use to those of the upstream');

interface Options {
  readonly models: Entries<string, string>;
  readonly hide: readonly Pattern[];
  readonly only: boolean;
}

const called = (model: Model, id: string): Model =>
  'display_name' in model ? { ...model, id, display_name: id } : { ...model, id };

/** The list with the clients' names; a model that has several is there under each. */
const listed = ({ models, hide, only }: Options, dialect: Dialect, entries: readonly Model[]): readonly Model[] => {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  const aliases = models.map(([alias, real]) => called(known.get(real) ?? modelOf(dialect, alias), alias));
  const taken = new Set(models.flat());
  const others = only ? [] : entries.filter(({ id }) => !taken.has(id));
  return [...aliases, ...others.filter(({ id }) => !hide.some((pattern) => pattern.test(id)))];
};

const withList = (options: Options, e: Answered): Answered => {
  const { body } = e.reply;
  if (body._tag !== 'Bytes') return e;
  const list = withModels(body.bytes, (models) => listed(options, e.call.dialect, models));
  return O.isSome(list) ? { ...e, reply: { ...e.reply, body: bytes(list.value) } } : e;
};

/** The name that the client asked for stands for the one that the upstream answers with. */
const withModel = (fields: Fields, alias: string): Fields => {
  const { model, message } = fields;
  if (typeof model === 'string') return model === alias ? fields : { ...fields, model: alias };
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
  check: ({ models = [], hide = [] }) =>
    models.length === 0 && hide.length === 0 ? [flaw('map-model needs models or hide')] : [],
  make: ({ models = [], hide = [], only = false }) => {
    const real = new Map(models);
    /** The name that a request came with. By its signal, which is its own and lives as long as it does. */
    const asked = new WeakMap<AbortSignal, string>();
    return {
      decoded: (e) => {
        const { call, signal } = e;
        const model = call._tag === 'Chat' ? real.get(call.body.model) : undefined;
        if (call._tag !== 'Chat' || model === undefined) return e;
        asked.set(signal, call.body.model);
        return { ...e, call: { ...call, body: { ...call.body, model } } };
      },
      json: (fields, { signal }) => {
        const alias = asked.get(signal);
        return alias === undefined ? fields : withModel(fields, alias);
      },
      answered: (e) => (e.call._tag === 'Models' ? withList({ models, hide, only }, e) : e),
    };
  },
});
