/** Thoughts that a model says aloud, between tags at the beginning of its reply. */
import type { Said, TextTransform } from '../../core/custom-stage.js';

const TAGS = ['think', 'thinking', 'thought', 'reasoning'] as const;

const openings = TAGS.map((tag) => ({ opening: `<${tag}>`, closing: `</${tag}>` }));

/** How much of the end of a text may be the beginning of `tag`. */
const overlap = (text: string, tag: string): number => {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
};

const NOTHING: Said = '';

/** Thoughts as reasoning, or nowhere. A tag that is never closed is closed by the end. */
export const withoutThoughts = (isMoved: boolean): TextTransform => {
  let phase: 'before' | 'within' | 'behind' | 'over' = 'before';
  let held = '';
  let closing = '';
  const thought = (reasoning: string): Said => (isMoved ? { reasoning } : NOTHING);

  const before = (): Said => {
    const said = held.trimStart();
    const tag = openings.find(({ opening }) => said.startsWith(opening));
    if (tag !== undefined) {
      phase = 'within';
      closing = tag.closing;
      held = said.slice(tag.opening.length);
      return within();
    }
    if (openings.some(({ opening }) => opening.startsWith(said))) return NOTHING;
    phase = 'over';
    return release();
  };
  const within = (): Said => {
    const at = held.indexOf(closing);
    const end = at >= 0 ? at : held.length - overlap(held, closing);
    const reasoning = held.slice(0, end);
    held = held.slice(end);
    if (at < 0) return thought(reasoning);
    phase = 'behind';
    held = held.slice(closing.length);
    const text = behind();
    return isMoved ? { reasoning, text } : text;
  };
  /** The blanks between a thought and what is said belong to neither. */
  const behind = (): string => {
    held = held.trimStart();
    if (held !== '') phase = 'over';
    return release();
  };
  const release = (): string => {
    const text = held;
    held = '';
    return text;
  };
  return {
    push: (text) => {
      held += text;
      if (phase === 'before') return before();
      if (phase === 'within') return within();
      return phase === 'behind' ? behind() : release();
    },
    end: () => (phase === 'within' ? thought(release()) : release()),
  };
};
