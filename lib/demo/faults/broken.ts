/** Streams that go wrong after their first content. */
import { errorIn, eventsIn, stream } from '../answers/answer.js';
import { event } from '../answers/anthropic.js';
import { goodMessage } from '../answers/message.js';
import { data } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { finish, hang, reset, type Step, send, settle } from '../script.js';
import { chunk, LAST_CHUNK } from '../wire.js';
import { fault, STREAMED } from './fault.js';

const end: Step = send(LAST_CHUNK);

const events = (ask: Ask) => eventsIn(ask, goodMessage(ask.prompt, ask.prefill));

/** The number of content events that are sent before it breaks. */
const SENT_EVENTS = 12;

const afterContent = (ask: Ask, ...ending: readonly Step[]) => {
  const { opening, content } = events(ask);
  return stream(ask, [...opening, ...content.slice(0, SENT_EVENTS)], [settle, ...ending]);
};

const afterFirst = (ask: Ask, ...ending: readonly Step[]) => {
  const { opening, content } = events(ask);
  return stream(ask, [...opening, ...content.slice(0, 1)], [settle, ...ending]);
};

const nextEvent = (ask: Ask): string =>
  events(ask)
    .content.slice(SENT_EVENTS, SENT_EVENTS + 1)
    .join('');

const errorEvent = (ask: Ask): string => {
  const words = { message: 'Overloaded', openai: 'server_error', anthropic: 'overloaded_error' };
  const error = errorIn(ask, words, 503);
  return ask.dialect === 'anthropic' ? event('error', error) : data(error);
};

const breaks = (says: string, script: (ask: Ask) => Iterable<Step>) => fault('broken_off', STREAMED, says, script);

export const broken = {
  'broken-reset-first': breaks('Resets right after the first content.', (ask) => afterFirst(ask, reset)),
  'broken-reset': breaks('Resets in the middle of the content.', (ask) => afterContent(ask, reset)),
  'broken-fin': breaks('Closes in the middle of the content, without the last chunk.', (ask) =>
    afterContent(ask, finish),
  ),
  'broken-mid-chunk': breaks('Closes in the middle of a chunk of content.', (ask) =>
    afterContent(ask, send(chunk(nextEvent(ask)).subarray(0, 60)), finish),
  ),
  'broken-mid-event': breaks('Ends, with a last chunk, in the middle of an event.', (ask) =>
    afterContent(ask, send(chunk(nextEvent(ask).slice(0, 60))), end),
  ),
  'broken-chunk-size': breaks('Has a wrong chunk size in the middle of the content.', (ask) =>
    afterContent(ask, send('zz\r\n')),
  ),
  'broken-end': breaks('Ends, with a last chunk, in the middle of the content.', (ask) => afterContent(ask, end)),
  'broken-error': breaks('Sends an error event in the middle of the content, and ends.', (ask) =>
    afterContent(ask, send(chunk(errorEvent(ask))), end),
  ),
  'broken-silence': breaks('Falls silent in the middle of the content.', (ask) => afterContent(ask, hang)),
};
