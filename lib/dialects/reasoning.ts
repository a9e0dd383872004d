/** Reasoning that a model writes between tags at the beginning of its reply. */

const TAGS = ['think', 'thinking', 'thought', 'reasoning'] as const;

const openings = TAGS.map((tag) => ({ opening: `<${tag}>`, closing: `</${tag}>` }));

/** The place of `tag` in a text, in any letters; -1 is nowhere. Letters of other scripts keep their places. */
const placeOf = (text: string, tag: string): number => text.search(new RegExp(tag, 'i'));

const LONGEST_TAG = Math.max(...openings.map(({ opening }) => opening.length));

/** The length of the end of a text that may be the beginning of `tag`. */
const overlap = (text: string, tag: string): number => {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.slice(-length).toLowerCase() === tag.slice(0, length)) return length;
  }
  return 0;
};

export interface Parted {
  readonly reasoning: string;
  readonly text: string;
}

/** Takes one text apart, piece by piece. */
export interface Parting {
  readonly push: (text: string) => Parted;
  /** The rest, which was held back. */
  readonly end: () => Parted;
}

const NOTHING: Parted = { reasoning: '', text: '' };

/** The text between two pieces of reasoning. */
const GAP = '\n\n';

/** Parts reasoning and text. A tag that is never closed is closed by the end. */
export const reasoningApart = (): Parting => {
  let phase: 'before' | 'within' | 'over' = 'before';
  /** The blanks at the beginning, which belong to the text if it has no reasoning. */
  let blanks = '';
  let held = '';
  let closing = '';
  /** The number of pieces of reasoning so far. */
  let count = 0;
  /** The gap that has to stand before what comes next of this reasoning. */
  let gap = '';

  const reasoned = (said: string): Parted => {
    if (said === '') return NOTHING;
    const reasoning = gap + said;
    gap = '';
    return { reasoning, text: '' };
  };
  const before = (): Parted => {
    const said = held.trimStart();
    // The blanks behind reasoning belong neither to it nor to the text.
    if (count === 0) blanks += held.slice(0, held.length - said.length);
    held = said;
    const start = said.slice(0, LONGEST_TAG + 1).toLowerCase();
    const tag = openings.find(({ opening }) => start.startsWith(opening));
    if (tag !== undefined) {
      phase = 'within';
      blanks = '';
      closing = tag.closing;
      gap = count > 0 ? GAP : '';
      count += 1;
      held = said.slice(tag.opening.length);
    } else if (!openings.some(({ opening }) => opening.startsWith(start))) phase = 'over';
    return NOTHING;
  };
  const within = (): Parted => {
    const at = placeOf(held, closing);
    const end = at >= 0 ? at : held.length - overlap(held, closing);
    const parted = reasoned(held.slice(0, end));
    held = held.slice(at >= 0 ? end + closing.length : end);
    if (at >= 0) phase = 'before';
    return parted;
  };
  const over = (): Parted => {
    const text = blanks + held;
    blanks = '';
    held = '';
    return { reasoning: '', text };
  };
  const steps = { before, within, over };
  return {
    push: (more) => {
      held += more;
      let [reasoning, text] = ['', ''];
      for (;;) {
        const was = phase;
        const parted = steps[phase]();
        reasoning += parted.reasoning;
        text += parted.text;
        if (phase === was) return { reasoning, text };
      }
    },
    end: () => (phase === 'within' ? reasoned(held) : over()),
  };
};
