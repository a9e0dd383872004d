/** Connections that end, or fall silent, before a reply has any content. */
import { eventsIn, stream, wholeIn } from '../answers/answer.js';
import { goodMessage } from '../answers/message.js';
import type { Ask } from '../ask.js';
import { finish, hang, pause, reset, type Script, type Step, send, settle } from '../script.js';
import { chunk, chunkedHead, head, JSON_TYPE, SSE_TYPE } from '../wire.js';
import { EVERYWHERE, fault, JUDGED, STREAMED, WHOLE } from './fault.js';

const DRIBBLE_MS = 1000;
const NEUTRAL_MS = 100;

const events = (ask: Ask) => eventsIn(ask, goodMessage(ask.prompt));
const body = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));

/** The head of what was asked for: a stream, or JSON with its length. */
const goodHead = (ask: Ask): string =>
  ask.stream
    ? chunkedHead(SSE_TYPE)
    : head(200, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body(ask)) });

/** The head, and half of the body that it tells of. */
const halfBody = (ask: Ask, ...ending: readonly Step[]): Script => {
  const whole = Buffer.from(body(ask));
  const start = head(200, { 'content-type': JSON_TYPE, 'content-length': whole.length });
  return [send(start), send(whole.subarray(0, whole.length / 2)), settle, ...ending];
};

/** A chunk that is announced whole and half sent. */
const halfChunk = (type: string, text: string, ...ending: readonly Step[]): Script => {
  const whole = chunk(text);
  return [send(chunkedHead(type)), send(whole.subarray(0, whole.length / 2)), settle, ...ending];
};

const afterOpening = (ask: Ask, ...ending: readonly Step[]): Script =>
  stream(ask, events(ask).opening, [settle, ...ending]);

const forever = (first: readonly Step[], again: readonly Step[]): Script =>
  (function* () {
    yield* first;
    for (;;) yield* again;
  })();

/** The head of a stream, its opening if there is one, and then one and the same event for ever. */
const neutralForever = (ask: Ask, opening: readonly string[], event: string): Script =>
  stream(ask, opening, forever([], [send(chunk(event)), pause(NEUTRAL_MS)]));

export const connection = {
  'reset-before-headers': fault('connection_broken', EVERYWHERE, 'Resets before the head.', () => [reset]),
  'fin-before-headers': fault('connection_broken', EVERYWHERE, 'Closes before the head.', () => [finish]),
  'reset-mid-headers': fault('connection_broken', EVERYWHERE, 'Resets in the middle of the head.', (ask) => [
    send(goodHead(ask).slice(0, 40)),
    settle,
    reset,
  ]),
  'fin-mid-headers': fault('connection_broken', EVERYWHERE, 'Closes in the middle of the head.', (ask) => [
    send(goodHead(ask).slice(0, 40)),
    finish,
  ]),
  'reset-after-headers': fault('connection_broken', JUDGED, 'Resets after the head.', (ask) => [
    send(goodHead(ask)),
    settle,
    reset,
  ]),
  'fin-after-headers': fault('connection_broken', JUDGED, 'Closes after the head.', (ask) => [
    send(goodHead(ask)),
    finish,
  ]),
  'reset-mid-body': fault('connection_broken', [...WHOLE, 'models'], 'Resets in the middle of the JSON.', (ask) =>
    halfBody(ask, reset),
  ),
  'fin-short-of-length': fault('connection_broken', [...WHOLE, 'models'], 'Closes short of content-length.', (ask) =>
    halfBody(ask, finish),
  ),
  'reset-mid-chunk': fault(
    'connection_broken',
    [...WHOLE, 'models'],
    'Resets in the middle of a chunk of JSON.',
    (ask) => halfChunk(JSON_TYPE, body(ask), reset),
  ),
  'fin-mid-chunk': fault('connection_broken', [...WHOLE, 'models'], 'Closes in the middle of a chunk of JSON.', (ask) =>
    halfChunk(JSON_TYPE, body(ask), finish),
  ),
  'reset-after-role': fault('connection_broken', STREAMED, 'Resets after the role, before any content.', (ask) =>
    afterOpening(ask, reset),
  ),
  'fin-after-role': fault('connection_broken', STREAMED, 'Closes after the role, without the last chunk.', (ask) =>
    afterOpening(ask, finish),
  ),
  'fin-mid-first-event': fault('connection_broken', STREAMED, 'Closes in the middle of the first event.', (ask) =>
    halfChunk(SSE_TYPE, events(ask).opening.join(''), finish),
  ),
  // Node's client, which asked for no upgrade, hangs up at once.
  'http-101': fault('connection_broken', EVERYWHERE, 'Switches to a protocol that nobody asked for.', () => [
    send(head(101, { connection: 'upgrade', upgrade: 'websocket' })),
    hang,
  ]),

  'hang-before-headers': fault('timed_out', EVERYWHERE, 'Never sends a byte.', () => [hang]),
  'hang-mid-headers': fault('timed_out', EVERYWHERE, 'Falls silent in the middle of the head.', (ask) => [
    send(goodHead(ask).slice(0, 40)),
    hang,
  ]),
  'hang-after-continue': fault('timed_out', EVERYWHERE, 'Sends 100 Continue, and nothing after it.', () => [
    send(head(100, {})),
    hang,
  ]),
  'dribble-headers': fault('timed_out', EVERYWHERE, 'Sends one byte of an endless head each second.', () =>
    forever(
      [send('HTTP/1.1 200 OK\r\n')],
      Array.from('x-demo: dribble\r\n', (byte) => [send(byte), pause(DRIBBLE_MS)]).flat(),
    ),
  ),
  'hang-after-headers': fault('timed_out', JUDGED, 'Falls silent after the head.', (ask) => [
    send(goodHead(ask)),
    hang,
  ]),
  'hang-mid-body': fault('timed_out', [...WHOLE, 'models'], 'Falls silent in the middle of the JSON.', (ask) =>
    halfBody(ask, hang),
  ),
  'hang-after-role': fault('timed_out', STREAMED, 'Falls silent after the role, before any content.', (ask) =>
    afterOpening(ask, hang),
  ),
  'comments-forever': fault('timed_out', STREAMED, 'Sends comments for ever, and nothing else.', (ask) =>
    neutralForever(ask, [], ': still working\n\n'),
  ),
  'neutral-forever': fault('timed_out', STREAMED, 'Repeats its last event without content for ever.', (ask) => {
    const { opening } = events(ask);
    return neutralForever(ask, opening, opening.slice(-1).join(''));
  }),
};
