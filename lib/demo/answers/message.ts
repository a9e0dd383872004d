/** A model's message, before it is put into a dialect's words. */

export interface Message {
  /** The text in the pieces in which it is streamed; null: no text at all. */
  readonly text: readonly string[] | null;
  readonly reasoning?: readonly string[];
  /** In OpenAI's words; what Anthropic has a word for is said in that. */
  readonly finish: string;
}

/** A stream of events, each with its blank line, cut where it matters. */
export interface Events {
  /** Before any content: a role, the start of a message. */
  readonly opening: readonly string[];
  readonly content: readonly string[];
  /** The end that makes it whole: the reason of the finish, and the last event. */
  readonly closing: readonly string[];
}

const QUOTED_CHARACTERS = 160;

/** Uneven on purpose, so that chunks end everywhere. */
const PIECE_LENGTHS = [1, 7, 3, 12, 5, 9, 2];

/** The whole code points of a text: half a surrogate pair is no text. */
export const pieces = (text: string): readonly string[] => {
  const characters = Array.from(text);
  const cut: string[] = [];
  for (let at = 0; at < characters.length; ) {
    const length = PIECE_LENGTHS[cut.length % PIECE_LENGTHS.length] as number;
    cut.push(characters.slice(at, at + length).join(''));
    at += length;
  }
  return cut;
};

/**
 * The good answer's text. It has every kind of character that a careless splitter breaks: emoji of several code
 * points, combining marks, characters of two, three and four bytes, quotes, backslashes and line ends.
 */
export const goodText = (prompt: string): string =>
  [
    `You said: \u201c${Array.from(prompt).slice(0, QUOTED_CHARACTERS).join('')}\u201d`,
    'The sea king listens. \u{1F451}\u{1F30A} Every wave that breaks before the shore is sent again, and none twice.',
    'Astronaut \u{1F469}\u200D\u{1F680}, family \u{1F468}\u200D\u{1F469}\u200D\u{1F467}, flag \u{1F1EF}\u{1F1F5}, cafe\u0301, man\u0303ana, Z\u0351\u0343alga.',
    '\u6D77\u306E\u738B\u306F\u6CE2\u3092\u6570\u3048\u308B\u3002\uBC14\uB2E4\uC758 \uC655. \u041C\u043E\u0440\u0441\u043A\u043E\u0439 \u0446\u0430\u0440\u044C. \u0645\u0644\u0643 \u0627\u0644\u0628\u062D\u0631. \u0938\u092E\u0941\u0926\u094D\u0930.',
    'A "quoted" back\\slash, a tab\there, data: [DONE] inside the prose, and \u{1D54F} beyond the basic plane.',
  ].join('\n\n');

/** The rest of a text after its beginning; all of it if it does not begin so. */
const rest = (text: string, beginning: string): string =>
  text.startsWith(beginning) ? text.slice(beginning.length) : text;

/** All of this text, but for the `prefill`: what was said of it already. */
export const saying = (text: string, prefill: string): Message => ({
  text: pieces(rest(text, prefill)),
  finish: 'stop',
});

export const goodMessage = (prompt: string, prefill = ''): Message => saying(goodText(prompt), prefill);
