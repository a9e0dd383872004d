/** Answers in the dialect and the mode that were asked for. */
import type { Ask } from '../ask.js';
import { pause, type Script, type Step, send } from '../script.js';
import { chunk, chunkedHead, type Fields, json, LAST_CHUNK, SSE_TYPE } from '../wire.js';
import * as anthropic from './anthropic.js';
import * as gemini from './gemini.js';
import type { Events, Message } from './message.js';
import * as openai from './openai.js';

const DIALECTS = { openai, anthropic, gemini } as const;

export const wholeIn = (ask: Ask, message: Message): object => DIALECTS[ask.dialect].whole(ask, message);

export const eventsIn = (ask: Ask, message: Message): Events => DIALECTS[ask.dialect].events(ask, message);

/** The words of an error. */
export interface ErrorWords {
  readonly message: string;
  readonly openai: string;
  readonly anthropic: string;
  readonly code?: string | number;
}

/** `status`: the HTTP status that it comes with, or would. */
export const errorIn = ({ dialect }: Pick<Ask, 'dialect'>, words: ErrorWords, status: number): object => {
  switch (dialect) {
    case 'openai':
      return openai.error(words.message, words.openai, words.code ?? null);
    case 'anthropic':
      return anthropic.error(words.message, words.anthropic);
    case 'gemini':
      return gemini.error(words.message, status);
  }
};

export const all = ({ opening, content, closing }: Events): readonly string[] => [...opening, ...content, ...closing];

type Paced = Pick<Ask, 'delayMs'>;

const gap = ({ delayMs }: Paced): readonly Step[] => (delayMs > 0 ? [pause(delayMs)] : []);

const END: Script = [send(LAST_CHUNK)];

/** Events as they are, each in a chunk of its own, and then an ending: the last chunk, unless another is given. */
export const stream = (ask: Paced, events: Iterable<string | Buffer>, ending = END, fields: Fields = {}): Script =>
  (function* () {
    yield send(chunkedHead(SSE_TYPE, fields));
    for (const event of events) {
      yield send(chunk(event));
      yield* gap(ask);
    }
    yield* ending;
  })();

export const say = (ask: Ask, message: Message, fields: Fields = {}): Script =>
  ask.stream ? stream(ask, all(eventsIn(ask, message)), END, fields) : json(wholeIn(ask, message), 200, fields);
