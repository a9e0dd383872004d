/** The unusual replies that are good: what they are made of. */
import { all, eventsIn, wholeIn } from '../answers/answer.js';
import { goodMessage, goodText } from '../answers/message.js';
import type { Ask } from '../ask.js';
import type { Script } from '../script.js';
import { JSON_TYPE, SSE_TYPE } from '../wire.js';
import type { GoodReply, Place } from './fault.js';

export const good = (
  places: readonly Place[],
  says: string,
  script: (ask: Ask) => Script,
  text: (prompt: string) => string = goodText,
): GoodReply => ({ kind: 'good', places, says, script, text });

export const MANY = 500;
export const many = <A>(item: A): readonly A[] => Array.from({ length: MANY }, () => item);

export const events = (ask: Ask) => eventsIn(ask, goodMessage(ask.prompt));
export const allEvents = (ask: Ask) => all(events(ask));
export const wholeText = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));
/** The good answer's body, whatever was asked for. */
export const body = (ask: Ask): Buffer => Buffer.from(ask.stream ? allEvents(ask).join('') : wholeText(ask));
export const type = (ask: Ask): string => (ask.stream ? SSE_TYPE : JSON_TYPE);

export const bytesOf = (content: Buffer): readonly Buffer[] =>
  Array.from(content, (_, i) => content.subarray(i, i + 1));
