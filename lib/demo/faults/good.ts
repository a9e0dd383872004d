/** Unusual replies that are good: what they say. */
import { all, eventsIn, say, stream, wholeIn } from '../answers/answer.js';
import * as anthropic from '../answers/anthropic.js';
import { goodMessage, goodText, type Message, pieces } from '../answers/message.js';
import { choice, chunk as choicesEvent, completion, DONE, delta } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { pause, type Script, send } from '../script.js';
import { chunk, chunkedHead, json, LAST_CHUNK } from '../wire.js';
import { CHATS, type Place, STREAMED } from './fault.js';
import { body, bytesOf, events, good, type } from './good-reply.js';

const OPENAI: readonly Place[] = ['chat', 'chat-stream'];
const none = () => '';

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
const SHORT = 'Slow, and sound. \u{1F40C}';
const LOGPROBS = { content: [{ token: 'You', logprob: -0.25, bytes: [89, 111, 117], top_logprobs: [] }] };
const DRIBBLE_MS = 1;
const SLOW_MS = 1000;

const HUGE_PIECE = 'wave '.repeat(13_107);
const HUGE_PIECES = 3200;

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

  'good-models-array': good(['models'], 'A bare array for a list of models.', () => json(MODELS), none),
  'good-models-bare': good(['models'], 'A list of models without its object.', () => json({ data: MODELS }), none),
};
