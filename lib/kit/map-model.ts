/** Other names for models: in requests, in replies, and in the list of models. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { optional, withDefault } from '../codecs/closed.js';
import { Flag, Text } from '../codecs/leaf.js';
import { type Entries, mapOf } from '../codecs/map-of.js';
import { Pattern } from '../codecs/pattern.js';
import type { Hooks } from '../core/custom-stage.js';
import type { Dialect, Fields, Model } from '../core/dialect.js';
import { type Answered, bytes } from '../core/exchange.js';
import { splitQuery } from '../core/route.js';
import { withModels } from '../dialects/models.js';
import { flaw, kitStage } from './kit-stage.js';

const Names = mapOf(Text, Text, 'a map from the names that clients use to those of the upstream');

interface Options {
  readonly models: Entries<string, string>;
  readonly hide: readonly Pattern[];
  readonly only: boolean;
}

const called = (model: Model, id: string): Model =>
  'display_name' in model ? { ...model, id, display_name: id } : { ...model, id };

const isHidden = ({ hide }: Options, name: string): boolean => hide.some((pattern) => pattern.test(name));

/** The list with the clients' names; a model that has several is there under each. */
const listed = (options: Options, dialect: Dialect, entries: readonly Model[], isPage: boolean): readonly Model[] => {
  // What is not on a page may be on another, or is on none.
  const unknown = (alias: string): readonly Model[] => (isPage ? [] : [dialect.model(alias)]);
  const aliases = options.models.flatMap(([alias, real]) => {
    const model = entries.find(({ id }) => id === real);
    return model === undefined ? unknown(alias) : [called(model, alias)];
  });
  const taken = new Set(options.models.flat());
  const others = options.only ? [] : entries.filter(({ id }) => !taken.has(id));
  return [...aliases, ...others.filter(({ id }) => !isHidden(options, id))];
};

const PAGING = ['after_id', 'before_id', 'limit'];

const asksForPage = ({ request }: Answered): boolean => {
  const query = new URLSearchParams(splitQuery(request.path)[1]);
  return PAGING.some((name) => query.has(name));
};

const withList = (options: Options, e: Answered): Answered => {
  const { body } = e.reply;
  if (body._tag !== 'Bytes') return e;
  const list = withModels(body.bytes, asksForPage(e), (models, isPage) =>
    listed(options, e.call.dialect, models, isPage),
  );
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
  description:
    'Gives models other names. Clients use these names in requests, and see them in the list of models and in replies.',
  fields: {
    models: optional(Names, 'none', 'The names that clients use, each with the name at the upstream.'),
    hide: withDefault(
      t.array(Pattern, 'a list of patterns'),
      [],
      'Models whose name one of these matches are not listed.',
    ),
    only: withDefault(Flag, false, 'Whether only the models of `models` are listed.'),
  },
  example: `- use: map-model
  with:
    models: { fast: seaking-demo }
    hide: ["^demo:"]
`,
  check: ({ models = [], hide }) =>
    models.length === 0 && hide.length === 0 ? [flaw('map-model needs models or hide')] : [],
  make: ({ models = [], hide, only }) => {
    const real = new Map(models);
    /** The name that a request came to this stage with. */
    const state = (): { asked: string | undefined } => ({ asked: undefined });
    const hooks: Hooks<ReturnType<typeof state>> = {
      state,
      request: (e, known) => {
        const { call } = e;
        if (call._tag !== 'Chat') return e;
        const asked = call.body.model ?? '';
        const model = real.get(asked);
        if (model === undefined) return e;
        known.asked = asked;
        return { ...e, call: { ...call, body: { ...call.body, model } } };
      },
      json: ({ fields }, { asked }) => (asked === undefined ? fields : withModel(fields, asked)),
      response: (e) => (e.call._tag === 'Models' ? withList({ models, hide, only }, e) : e),
    };
    return hooks;
  },
});
