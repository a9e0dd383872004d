/** Reads a stream as SillyTavern's reader does: what stops that one stops this one. */

/** Splits where it splits; an unfinished last event is never used. */
const BLANK_LINE = /\r\n\r\n|\r\r|\n\n/;
const LINE_END = /\r\n|\n|\r/;
const FIELD = /([^:]+)(?:: ?(.*))?/;

/** The `data` of an event, or undefined where it has none. @param {string} block */
const dataOf = (block) => {
  let data;
  let event = 'message';
  for (const line of block.split(LINE_END)) {
    const [, field, value = ''] = FIELD.exec(line) ?? [];
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
    if (field === 'event') event = value;
  }
  return { data, event };
};

const first = (values) => values.find((value) => value !== undefined && value !== null && value !== '');

const openai = (parsed, take) => {
  const choice = parsed.choices?.[0];
  if (choice === undefined) return;
  const delta = choice.delta ?? choice.message ?? {};
  take.reasoning(first([delta.reasoning_content, delta.reasoning]) ?? '');
  if (delta.tool_calls?.length > 0) take.extra('tool call');
  if (delta.refusal) take.extra('refusal');
  if (!(choice.index > 0)) take.text(delta.content ?? choice.text ?? '');
};

const anthropic = (parsed, take) => {
  if (parsed.content_block?.type === 'tool_use') take.extra('tool call');
  take.reasoning(parsed.delta?.thinking ?? '');
  take.text(parsed.delta?.text ?? '');
};

const DIALECTS = { openai, anthropic };

/**
 * @param {'openai' | 'anthropic'} dialect
 * @param {{ text: (piece: string) => void, reasoning: (piece: string) => void, extra: (what: string) => void }} take
 */
export const streamReader = (dialect, take) => {
  const decoder = new TextDecoder();
  let rest = '';
  const seen = {
    /** [DONE] came. */
    done: false,
    /** What stopped the reader, where it was no end and no error. @type {string | undefined} */
    killed: undefined,
    /** The event with an error in it. @type {{ event: string, parsed: any } | undefined} */
    error: undefined,
    /** The `data` of what came behind the error. @type {string[]} */
    afterError: [],
  };
  const read = (block) => {
    const { data, event } = dataOf(block);
    if (data === undefined || seen.done || seen.killed !== undefined) return;
    if (seen.error !== undefined) {
      seen.afterError.push(data);
      return;
    }
    if (data === '[DONE]') {
      seen.done = true;
      return;
    }
    try {
      const parsed = JSON.parse(data);
      if (parsed.error) seen.error = { event, parsed };
      else DIALECTS[dialect](parsed, take);
    } catch {
      seen.killed = `an event that does not parse: ${data.slice(0, 60)}`;
    }
  };
  return {
    seen,
    /** @param {Buffer} bytes */
    push: (bytes) => {
      const blocks = (rest + decoder.decode(bytes, { stream: true })).split(BLANK_LINE);
      rest = blocks.pop() ?? '';
      for (const block of blocks) read(block);
    },
  };
};
