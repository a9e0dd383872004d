/** Makes the chunks of a second reply part of the first one's stream: its id, and text alone. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { AdoptEvent, Adopted } from '../../core/dialect.js';
import { isFilled } from '../content.js';
import { drop, foreign } from '../continuation.js';
import { Fields } from '../merge.js';
import { isReason } from '../reasons.js';
import { dataEvent } from './convert.js';
import { isSaidIn, THINKING } from './view.js';

const Choice = t.intersection([t.type({ delta: Fields }), t.partial({ finish_reason: t.unknown })]);
const Chunk = t.type({ choices: t.array(t.unknown) });

/** The fields of a delta that are no obstacle; anything else that is filled cannot be joined. */
const NEUTRAL: ReadonlySet<string> = new Set(['role', 'content', ...THINKING]);

export const adoptEvents = (last: unknown): AdoptEvent => {
  const { id, model, created } = Fields.is(last) ? last : {};
  return (value): Adopted => {
    if (!Chunk.is(value)) return drop;
    const own = { ...value, id, model, created };
    const [choice, ...others] = value.choices;
    if (choice === undefined) return { _tag: 'Pass', raw: Buffer.from(dataEvent(own)) };
    if (others.length > 0 || !Choice.is(choice)) return foreign;
    const { content } = choice.delta;
    if (isFilled(content) && typeof content !== 'string') return foreign;
    if (Object.entries(choice.delta).some(([key, field]) => !NEUTRAL.has(key) && isSaidIn(key, field))) return foreign;
    const render = (text: string): O.Option<Buffer> => {
      if (text === '' && !isReason(choice.finish_reason)) return O.none;
      const delta = text === '' ? {} : { content: text };
      return O.some(Buffer.from(dataEvent({ ...own, choices: [{ ...choice, delta }] })));
    };
    return { _tag: 'Text', text: typeof content === 'string' ? content : '', render };
  };
};
