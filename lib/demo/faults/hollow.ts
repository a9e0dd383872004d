/** Tool calls, sound and pictures that are made of empty values only. */
import { all, stream } from '../answers/answer.js';
import { eventsOf, wholeOf } from '../answers/anthropic.js';
import { choice, completion, DONE, delta } from '../answers/openai.js';
import { json } from '../wire.js';
import { fault, type Place } from './fault.js';

const OPENAI: readonly Place[] = ['chat', 'chat-stream'];
const ANTHROPIC: readonly Place[] = ['messages', 'messages-stream'];

const hollow = (says: string, fields: object) =>
  fault('empty_reply', OPENAI, `Content "", ${says}, and a finish as usual.`, (ask) =>
    ask.stream
      ? stream(ask, [
          delta(ask, { role: 'assistant', content: '' }),
          delta(ask, { content: '', ...fields }),
          delta(ask, {}, 'stop'),
          DONE,
        ])
      : json(completion(ask, [choice({ text: [''], finish: 'stop' }, fields)])),
  );

const NAMELESS = { type: 'tool_use', id: '', name: '', input: {} };

export const hollowReplies = {
  'hollow-function-call': hollow('a function call without a name', { function_call: { name: '', arguments: '' } }),
  'hollow-tool-calls': hollow('a tool call without a name', {
    tool_calls: [{ index: 0, id: '', type: 'function', function: { name: '', arguments: '' } }],
  }),
  'hollow-audio': hollow('audio without a sound', { audio: { id: '' } }),
  'hollow-images': hollow('images without a picture', { images: [{}] }),
  'hollow-tool-use': fault('empty_reply', ANTHROPIC, 'A tool call without a name, and a finish as usual.', (ask) => {
    const block = { whole: NAMELESS, start: NAMELESS, deltas: [{ type: 'input_json_delta', partial_json: '' }] };
    return ask.stream ? stream(ask, all(eventsOf(ask, [block], 'stop'))) : json(wholeOf(ask, [block], 'stop'));
  }),
};
