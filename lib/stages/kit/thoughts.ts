/** Thoughts that a model says aloud, between tags at the beginning of its reply. */
import type { TextTransform } from '../../core/custom-stage.js';

const TAGS = ['think', 'thinking', 'thought', 'reasoning'] as const;

const openings = TAGS.map((tag) => ({ opening: `<${tag}>`, closing: `</${tag}>` }));

/** Where `tag` stands in a text, in capital or small letters; -1 is nowhere. Letters of other scripts keep their places. */
const placeOf = (text: string, tag: string): number => text.search(new RegExp(tag, 'i'));

const LONGEST_TAG = Math.max(...openings.map(({ opening }) => opening.length));

/** How much of the end of a text may be the beginning of `tag`. */
const overlap = (text: string, tag: string): number => {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.slice(-length).toLowerCase() === tag.slice(0, length)) return length;
  }
  return 0;
};

interface Parted {
  readonly reasoning: string;
  readonly text: string;
}

const NOTHING: Parted = { reasoning: '', text: '' };

/** Between two thoughts. */
const GAP = '\n\n';

/** Thoughts as reasoning, or nowhere. A tag that is never closed is closed by the end. */
export const withoutThoughts = (isMoved: boolean): TextTransform => {
  let phase: 'before' | 'within' | 'over' = 'before';
  let held = '';
  let closing = '';
  /** How many thoughts there were. */
  let count = 0;
  /** What has to stand before what comes next of this thought. */
  let gap = '';

  const before = (): Parted => {
    const said = held.trimStart();
    const start = said.slice(0, LONGEST_TAG + 1).toLowerCase();
    const tag = openings.find(({ opening }) => start.startsWith(opening));
    // The blanks behind a thought belong neither to it nor to what is said.
    if (tag !== undefined || count > 0) held = said;
    if (tag !== undefined) {
      phase = 'within';
      closing = tag.closing;
      gap = count > 0 ? GAP : '';
      count += 1;
      held = said.slice(tag.opening.length);
      return within();
    }
    if (openings.some(({ opening }) => opening.startsWith(start))) return NOTHING;
    phase = 'over';
    return { reasoning: '', text: release() };
  };
  const thought = (said: string): string => {
    if (said === '') return '';
    const all = gap + said;
    gap = '';
    return all;
  };
  const within = (): Parted => {
    const at = placeOf(held, closing);
    const end = at >= 0 ? at : held.length - overlap(held, closing);
    const reasoning = thought(held.slice(0, end));
    held = held.slice(end);
    if (at < 0) return { reasoning, text: '' };
    phase = 'before';
    held = held.slice(closing.length);
    const next = before();
    return { reasoning: reasoning + next.reasoning, text: next.text };
  };
  const release = (): string => {
    const text = held;
    held = '';
    return text;
  };
  const given = ({ reasoning, text }: Parted): Parted => ({ reasoning: isMoved ? reasoning : '', text });
  return {
    push: (more) => {
      held += more;
      if (phase === 'over') return given({ reasoning: '', text: release() });
      return given(phase === 'before' ? before() : within());
    },
    end: () =>
      given(phase === 'within' ? { reasoning: thought(release()), text: '' } : { reasoning: '', text: release() }),
  };
};
