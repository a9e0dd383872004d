/** Unusual replies that are good. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { all, eventsIn, say, stream, wholeIn } from '../answers/answer.js';
import * as anthropic from '../answers/anthropic.js';
import { goodMessage, goodText, type Message, pieces } from '../answers/message.js';
import { choice, chunk as choicesEvent, completion, DONE, delta } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { finish, pause, resetNext, type Script, send } from '../script.js';
import { chunk, chunkedHead, head, JSON_TYPE, json, LAST_CHUNK, SSE_TYPE, whole } from '../wire.js';
import { CHATS, type GoodReply, type Place, STREAMED, WHOLE } from './fault.js';

const good = (
  places: readonly Place[],
  says: string,
  script: (ask: Ask) => Script,
  text: (prompt: string) => string = goodText,
): GoodReply => ({ kind: 'good', places, says, script, text });

const OPENAI: readonly Place[] = ['chat', 'chat-stream'];
const none = () => '';

const MANY = 500;
const many = <A>(item: A): readonly A[] => Array.from({ length: MANY }, () => item);

const events = (ask: Ask) => eventsIn(ask, goodMessage(ask.prompt));
const allEvents = (ask: Ask) => all(events(ask));
const wholeText = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));
/** The good answer's body, whatever was asked for. */
const body = (ask: Ask): Buffer => Buffer.from(ask.stream ? allEvents(ask).join('') : wholeText(ask));
const type = (ask: Ask): string => (ask.stream ? SSE_TYPE : JSON_TYPE);

/** The good answer, with its events changed. */
const restreamed = (says: string, change: (event: string) => string) =>
  good(STREAMED, says, (ask) => stream(ask, allEvents(ask).map(change)));

const message = (says: string, change: (prompt: string) => Message, text?: (prompt: string) => string) =>
  good(CHATS, says, (ask) => say(ask, change(ask.prompt)), text);

/** OpenAI's own: a whole reply with these choices, or these events. */
const openai = (
  says: string,
  choices: (ask: Ask) => readonly unknown[],
  streamed: (ask: Ask) => readonly string[],
  text?: (prompt: string) => string,
) =>
  good(
    OPENAI,
    says,
    (ask) => (ask.stream ? stream(ask, [...streamed(ask), DONE]) : json(completion(ask, choices(ask)))),
    text,
  );

const PART_BYTES = 100;

const encoded = (coding: string, encode: (content: Buffer) => Buffer) =>
  good(CHATS, `${coding} that nobody asked for.`, (ask) => {
    const content = encode(body(ask));
    const parts = Array.from({ length: Math.ceil(content.length / PART_BYTES) }, (_, i) =>
      send(chunk(content.subarray(i * PART_BYTES, (i + 1) * PART_BYTES))),
    );
    return [send(chunkedHead(type(ask), { 'content-encoding': coding })), ...parts, send(LAST_CHUNK)];
  });

const bytesOf = (content: Buffer): readonly Buffer[] => Array.from(content, (_, i) => content.subarray(i, i + 1));

const THOUGHT = pieces('The user greets me, and I think about it. '.repeat(60));

const TOOL = { id: 'call_demo', name: 'look_around' };
const toolCall = { id: TOOL.id, type: 'function', function: { name: TOOL.name, arguments: '' } };
const toolBlock: anthropic.Block = {
  whole: { type: 'tool_use', ...TOOL, input: {} },
  start: { type: 'tool_use', ...TOOL, input: {} },
  deltas: [{ type: 'input_json_delta', partial_json: '' }],
};

const toolAnswer = (ask: Ask): Script => {
  if (ask.dialect === 'anthropic') {
    return ask.stream
      ? stream(ask, all(anthropic.eventsOf(ask, [toolBlock], 'tool_calls')))
      : json(anthropic.wholeOf(ask, [toolBlock], 'tool_calls'));
  }
  const called = { tool_calls: [toolCall] };
  return ask.stream
    ? stream(ask, [
        delta(ask, { role: 'assistant', content: null }),
        delta(ask, { tool_calls: [{ index: 0, ...toolCall }] }),
        delta(ask, {}, 'tool_calls'),
        DONE,
      ])
    : json(completion(ask, [choice({ text: null, finish: 'tool_calls' }, called)]));
};

const REFUSAL = 'I cannot help with that.';
const SECOND = 'Another answer altogether.';
const BIG = '"seed":12345678901234567890,"error":null,';
const SHORT = 'Slow, and sound. \u{1F40C}';
const LOGPROBS = { content: [{ token: 'You', logprob: -0.25, bytes: [89, 111, 117], top_logprobs: [] }] };
const DRIBBLE_MS = 1;
const SLOW_MS = 1000;

const HUGE_PIECE = 'wave '.repeat(13_107);
const HUGE_PIECES = 3200;

const SECOND_REPLY_MS = 20;
const MODELS = [{ id: 'seaking-demo' }, { id: 'demo:good-plain' }];

const wordless: Message = { text: null, finish: 'stop' };

export const goodReplies = {
  'good-plain': message('The ordinary good answer.', goodMessage),
  'good-echo': message(
    'Says what the last message said.',
    (prompt) => ({ text: pieces(prompt), finish: 'stop' }),
    (prompt) => prompt,
  ),
  'good-slow': good(CHATS, 'Waits a second before the head.', (ask) => [
    pause(SLOW_MS),
    ...say(ask, goodMessage(ask.prompt)),
  ]),
  'good-dribble': good(
    CHATS,
    'A short answer, one byte at a time behind its head.',
    (ask) => {
      const short: Message = { text: [SHORT], finish: 'stop' };
      const content = ask.stream ? all(eventsIn(ask, short)).join('') : JSON.stringify(wholeIn(ask, short));
      const bytes = bytesOf(Buffer.concat([chunk(content), Buffer.from(LAST_CHUNK)]));
      return [send(chunkedHead(type(ask))), ...bytes.flatMap((byte) => [send(byte), pause(DRIBBLE_MS)])];
    },
    () => SHORT,
  ),
  'good-bytes': good(CHATS, 'Every byte in a chunk of its own.', (ask) => [
    send(chunkedHead(type(ask))),
    ...bytesOf(body(ask)).map((byte) => send(chunk(byte))),
    send(LAST_CHUNK),
  ]),
  'good-huge': good(
    STREAMED,
    'A stream of 200 MB, sent as fast as it is read.',
    (ask) => {
      const { opening, content, closing } = eventsIn(ask, { text: [HUGE_PIECE], finish: 'stop' });
      return stream(
        { delayMs: 0 },
        (function* () {
          yield* opening;
          for (let i = 0; i < HUGE_PIECES; i++) yield* content;
          yield* closing;
        })(),
      );
    },
    () => HUGE_PIECE.repeat(HUGE_PIECES),
  ),

  'good-tool-call': good(CHATS, 'A tool call with empty arguments, and no text.', toolAnswer, none),
  'good-refusal': openai(
    'A refusal for its only content.',
    () => [choice(wordless, { refusal: REFUSAL })],
    (ask) => [
      delta(ask, { role: 'assistant', content: null }),
      delta(ask, { refusal: REFUSAL }),
      delta(ask, {}, 'stop'),
    ],
    none,
  ),
  'good-audio': good(
    ['chat'],
    'Audio for its only content.',
    (ask) =>
      json(completion(ask, [choice(wordless, { audio: { id: 'audio_demo', data: 'UklGRg==', transcript: '' } })])),
    none,
  ),
  'good-image': good(
    ['chat'],
    'An image for its only content.',
    (ask) => {
      const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }];
      return json(completion(ask, [choice({ text: [''], finish: 'stop' }, { images })]));
    },
    none,
  ),
  'good-text-field': openai(
    'Its text in choices[0].text.',
    (ask) => [{ index: 0, text: goodText(ask.prompt), finish_reason: 'stop' }],
    (ask) => [
      ...pieces(goodText(ask.prompt)).map((text) => choicesEvent(ask, [{ index: 0, text, finish_reason: null }])),
      choicesEvent(ask, [{ index: 0, text: '', finish_reason: 'stop' }]),
    ],
  ),
  'good-two-choices': openai(
    'Two choices, the second one first.',
    (ask) => [choice({ text: [SECOND], finish: 'stop' }, {}, 1), choice(goodMessage(ask.prompt))],
    (ask) => [
      delta(ask, { role: 'assistant', content: SECOND }, null, 1),
      ...events(ask).opening,
      ...events(ask).content,
      delta(ask, {}, 'stop', 1),
      delta(ask, {}, 'stop'),
    ],
  ),
  'good-logprobs': openai(
    'With logprobs.',
    (ask) => [{ ...choice(goodMessage(ask.prompt)), logprobs: LOGPROBS }],
    (ask) => [
      ...pieces(goodText(ask.prompt)).map((content) =>
        choicesEvent(ask, [{ index: 0, delta: { content }, logprobs: LOGPROBS, finish_reason: null }]),
      ),
      delta(ask, {}, 'stop'),
    ],
  ),
  'good-usage': good(['chat-stream'], 'With a usage event that nobody asked for.', (ask) =>
    say({ ...ask, includeUsage: true }, goodMessage(ask.prompt)),
  ),
  'good-length': message('Cut by max_tokens.', (prompt) => ({ ...goodMessage(prompt), finish: 'length' })),
  'good-reasoning': message('Some 450 pieces of reasoning, and then the text.', (prompt) => ({
    ...goodMessage(prompt),
    reasoning: THOUGHT,
  })),
  'good-reasoning-field': openai(
    'Reasoning in a field called reasoning, and then the text.',
    (ask) => [choice(goodMessage(ask.prompt), { reasoning: THOUGHT.join('') })],
    (ask) => [...THOUGHT.map((reasoning) => delta(ask, { reasoning })), ...events(ask).content, delta(ask, {}, 'stop')],
  ),
  'good-reasoning-length': message(
    'Reasoning only, cut by max_tokens.',
    () => ({ text: null, reasoning: THOUGHT, finish: 'length' }),
    none,
  ),

  'good-json-for-stream': good(STREAMED, 'A whole reply where a stream was asked for.', (ask) =>
    json(wholeIn(ask, goodMessage(ask.prompt))),
  ),
  'good-stream-for-json': good(WHOLE, 'A stream where a whole reply was asked for.', (ask) =>
    stream(ask, allEvents(ask)),
  ),
  'good-neutral': good(STREAMED, `Its last event without content ${MANY} times, and then the text.`, (ask) => {
    const { opening, content, closing } = events(ask);
    return stream({ delayMs: 0 }, [...opening, ...many(opening.slice(-1).join('')), ...content, ...closing]);
  }),
  'good-empty-deltas': message(`${MANY} empty pieces, and then the text.`, (prompt) => ({
    text: [...many(''), ...pieces(goodText(prompt))],
    finish: 'stop',
  })),
  'good-comments': good(STREAMED, `${MANY} comments, and then the text.`, (ask) =>
    stream({ delayMs: 0 }, [...many(': working\n\n'), ...allEvents(ask)]),
  ),
  'good-crlf': restreamed('Lines that end in CR LF.', (event) => event.replaceAll('\n', '\r\n')),
  'good-cr': restreamed('Lines that end in CR.', (event) => event.replaceAll('\n', '\r')),
  'good-no-space': restreamed('No space behind the colon of data.', (event) => event.replace(/^data: /gm, 'data:')),
  'good-data-lines': restreamed('Events of two data lines.', (event) => event.replace(',"', ',\ndata: "')),
  'good-big-integers': good(CHATS, 'Integers beyond 2^53, and "error": null.', (ask) => {
    const change = (text: string): string => text.replace('{"', `{${BIG}"`);
    return ask.stream ? stream(ask, allEvents(ask).map(change)) : whole(200, JSON_TYPE, change(wholeText(ask)));
  }),
  'good-bom': good(STREAMED, 'A byte order mark before the first event.', (ask) =>
    stream(ask, ['\uFEFF', ...allEvents(ask)]),
  ),
  'good-odd-events': good(STREAMED, 'Empty, null and cut events in the middle of the text.', (ask) => {
    const { opening, content, closing } = events(ask);
    const odd = ['data:\n\n', 'data: null\n\n', 'data: {"id":\n\n'];
    return stream(ask, [...opening, ...content.slice(0, 3), ...odd, ...content.slice(3), ...closing]);
  }),
  'good-no-last-blank-line': good(STREAMED, 'A last event without its blank line.', (ask) => {
    const sent = allEvents(ask);
    return stream(ask, [...sent.slice(0, -1), sent.slice(-1).join('').trimEnd()]);
  }),
  'good-done-without-finish': good(['chat-stream'], '[DONE], and no finish_reason before it.', (ask) =>
    stream(ask, [...events(ask).opening, ...events(ask).content, DONE]),
  ),
  'good-finish-without-done': good(['chat-stream'], 'A finish_reason, and no [DONE] after it.', (ask) =>
    stream(ask, allEvents(ask).slice(0, -1)),
  ),

  'good-gzip': encoded('gzip', gzipSync),
  'good-deflate': encoded('deflate', deflateSync),
  'good-br': encoded('br', brotliCompressSync),
  'good-until-close': good(CHATS, 'No length and no chunks: it ends where the connection does.', (ask) => [
    send(head(200, { 'content-type': type(ask), connection: 'close' })),
    send(body(ask)),
    finish,
  ]),
  'good-leading-blanks': good(WHOLE, 'Blank lines before the JSON, to keep the connection open.', (ask) =>
    whole(200, JSON_TYPE, `\n\n  \n${wholeText(ask)}\n`),
  ),
  'good-informational': good(CHATS, 'Fifty 102 and one 103 before the head.', (ask) => [
    send(head(102, {}).repeat(50)),
    send(head(103, { link: '</style.css>; rel=preload' })),
    ...say(ask, goodMessage(ask.prompt)),
  ]),
  'good-extra-bytes': good(WHOLE, 'Bytes after the end that content-length tells.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    send('surplus'),
  ]),
  'good-second-reply': good(WHOLE, 'A second reply, for which nobody asked.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    pause(SECOND_REPLY_MS),
    ...json({ error: { message: 'This reply belongs to no request.' } }, 400),
  ]),
  'good-reset-kept': good(WHOLE, 'Resets the kept connection when the next request comes in on it.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    resetNext,
  ]),

  'good-models-array': good(['models'], 'A bare array for a list of models.', () => json(MODELS), none),
  'good-models-bare': good(['models'], 'A list of models without its object.', () => json({ data: MODELS }), none),
};
