/** Good replies of odd shapes: all that can be read of them is there. */
import { eventsIn, say, stream, wholeIn } from '../answers/answer.js';
import { event, messageStart } from '../answers/anthropic.js';
import { goodMessage, goodText, pieces } from '../answers/message.js';
import { chunk, completion, DONE, delta, usage } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import type { Script } from '../script.js';
import { json } from '../wire.js';
import { CHATS, type GoodReply, type Place } from './fault.js';

const OPENAI: readonly Place[] = ['chat', 'chat-stream'];
const MODELS: readonly Place[] = ['models'];

const good = (
  places: readonly Place[],
  says: string,
  script: (ask: Ask) => Script,
  text: (prompt: string) => string = goodText,
): GoodReply => ({ kind: 'good', places, says, script, text });

const textPieces = (ask: Ask): readonly string[] => pieces(goodText(ask.prompt));
const finish = (ask: Ask): readonly string[] => [delta(ask, {}, 'stop'), DONE];

/** OpenAI's own: this choice for a whole reply, or one for each piece of the text. */
const openai = (says: string, choice: (text: string, isStream: boolean) => object) =>
  good(OPENAI, says, (ask) => {
    if (!ask.stream)
      return json(completion(ask, [{ index: 0, finish_reason: 'stop', ...choice(goodText(ask.prompt), false) }]));
    const events = textPieces(ask).map((piece) =>
      chunk(ask, [{ index: 0, finish_reason: null, ...choice(piece, true) }]),
    );
    return stream(ask, [...events, ...finish(ask)]);
  });

const anthropicStream = (ask: Ask, deltas: readonly unknown[]): Script =>
  stream(ask, [
    messageStart(ask),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...deltas.map((one) => event('content_block_delta', { index: 0, delta: one })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 12 } }),
    event('message_stop'),
  ]);

const NUMBERS = ['Six times ', 7, ' is ', 42, ', and that is ', true, '.'];

const numbers = (ask: Ask): Script =>
  ask.dialect === 'anthropic'
    ? anthropicStream(
        ask,
        NUMBERS.map((text) => ({ type: 'text_delta', text })),
      )
    : stream(ask, [...NUMBERS.map((content) => delta(ask, { content })), ...finish(ask)]);

const ANSWER = 42;

const number = (ask: Ask): Script => {
  const message = { ...wholeIn(ask, { text: [''], finish: 'stop' }) };
  if (ask.dialect === 'anthropic') {
    return ask.stream
      ? anthropicStream(ask, [{ type: 'text_delta', text: ANSWER }])
      : json({ ...message, content: [{ type: 'text', text: ANSWER }] });
  }
  const content = { content: ANSWER };
  return ask.stream
    ? stream(ask, [delta(ask, content), ...finish(ask)])
    : json(completion(ask, [{ index: 0, message: content, finish_reason: 'stop' }]));
};

const bare = (ask: Ask): Script => {
  const text = goodText(ask.prompt);
  if (ask.dialect === 'anthropic') {
    return ask.stream
      ? anthropicStream(ask, pieces(text))
      : json({ ...wholeIn(ask, goodMessage(ask.prompt)), content: text });
  }
  return ask.stream
    ? stream(ask, [...pieces(text).map((piece) => chunk(ask, [{ index: 0, delta: piece }])), ...finish(ask)])
    : json(completion(ask, [{ index: 0, message: text, finish_reason: 'stop' }]));
};

/** All that was said so far beside each delta, and beside the empty one at the end. */
const repeating = (ask: Ask): Script => {
  let said = '';
  const told = textPieces(ask).map((content) => {
    said += content;
    return chunk(ask, [
      { index: 0, delta: { content }, message: { role: 'assistant', content: said }, finish_reason: null },
    ]);
  });
  const message = { role: 'assistant', content: said };
  return stream(ask, [...told, chunk(ask, [{ index: 0, delta: { content: '' }, message, finish_reason: 'stop' }])]);
};

const behindFinish = (ask: Ask): Script => {
  const { opening, content } = eventsIn(ask, goodMessage(ask.prompt));
  const empty = delta(ask, { role: 'assistant', content: '' });
  return stream(ask, [...opening, ...content, delta(ask, {}, 'stop'), empty, usage(ask)]);
};

const hollowCall = { function_call: { name: '', arguments: '' }, tool_calls: [], audio: null };

export const oddShapes = {
  'good-number': good(CHATS, 'A number for its text.', number, () => String(ANSWER)),
  'good-numbers': good(CHATS, 'A stream with numbers and a boolean between its texts.', numbers, () =>
    NUMBERS.join(''),
  ),
  'good-message-not-delta': openai('A message beside an empty delta.', (content) => ({
    message: { role: 'assistant', content },
    delta: {},
  })),
  'good-delta-not-message': openai('A delta beside an empty message.', (content) => ({
    message: { role: 'assistant', content: '' },
    delta: { content },
  })),
  'good-message-repeats': good(['chat-stream'], 'All that was said so far in a message beside each delta.', repeating),
  'good-odd-types': openai('Fields of odd types beside its text.', (text) => ({
    delta: [],
    message: [],
    text,
    finish_reason: {},
  })),
  'good-text-beside-delta': good(OPENAI, 'Its text now in a delta, and now beside an empty one.', (ask) =>
    stream(ask, [
      ...textPieces(ask).map((text, at) => {
        const said = at % 2 === 0 ? { delta: { content: text } } : { delta: [], text };
        return chunk(ask, [{ index: 0, finish_reason: null, ...said }]);
      }),
      ...finish(ask),
    ]),
  ),
  'good-one-choice': good(OPENAI, 'One choice in place of a list.', (ask) => {
    const choice = (fields: object) => ({ index: 0, finish_reason: null, ...fields });
    return ask.stream
      ? stream(ask, [
          ...textPieces(ask).map((content) => chunk(ask, [], { choices: choice({ delta: { content } }) })),
          ...finish(ask),
        ])
      : json({
          ...completion(ask, []),
          choices: choice({ message: { content: goodText(ask.prompt) }, finish_reason: 'stop' }),
        });
  }),
  'good-bare-text': good(CHATS, 'A bare text in place of a message, a content or a delta.', bare),
  'good-hollow-call': openai('A hollow function call beside its text.', (content, isStream) =>
    isStream ? { delta: { content, ...hollowCall } } : { message: { content, ...hollowCall } },
  ),
  'good-unknown-reason': good(CHATS, 'A word for its finish that is not known.', (ask) =>
    say(ask, { ...goodMessage(ask.prompt), finish: 'eos_token' }),
  ),
  'good-null-reason': good(OPENAI, 'The word null for each finish.', (ask) =>
    ask.stream
      ? stream(ask, [...textPieces(ask).map((content) => delta(ask, { content }, 'null')), DONE])
      : say(ask, { ...goodMessage(ask.prompt), finish: 'null' }),
  ),
  'good-finish-everywhere': good(['chat-stream'], 'A finish in each chunk, and no [DONE].', (ask) =>
    stream(
      ask,
      textPieces(ask).map((content) => delta(ask, { content }, 'stop')),
    ),
  ),
  'good-behind-finish': good(['chat-stream'], 'A role and the usage behind its finish, and no [DONE].', behindFinish),
  'good-finish-twice': good(['chat-stream'], 'A finish before its text, and one behind it.', (ask) => {
    const { opening, content, closing } = eventsIn(ask, goodMessage(ask.prompt));
    return stream(ask, [...opening, delta(ask, {}, 'stop'), ...content, ...closing.slice(0, -1)]);
  }),

  'good-models-null': good(
    MODELS,
    'null for an empty list of models.',
    () => json({ object: 'list', data: null }),
    () => '',
  ),
  'good-models-ollama-null': good(
    MODELS,
    "null for an empty list of Ollama's models.",
    () => json({ models: null }),
    () => '',
  ),
  'good-models-names': good(
    MODELS,
    'Bare names for models.',
    () => json(['seaking-demo', 'demo:good-plain']),
    () => '',
  ),
  'good-models-ollama': good(
    MODELS,
    "Ollama's list of models.",
    () => json({ models: [{ name: 'seaking-demo:latest', model: 'seaking-demo', size: 5 }] }),
    () => '',
  ),
  'good-models-nameless': good(
    MODELS,
    'A list of models with an entry that has no id.',
    () => json({ object: 'list', data: [{ id: 'seaking-demo' }, { object: 'model' }, null] }),
    () => '',
  ),
};
