/** The meaning of a body with a successful status. This is the one place that knows what an empty reply is. */
import type * as O from 'fp-ts/lib/Option.js';
import type { Headers } from './headers.js';

/** An upstream's account of an error, in whatever shape it came. */
export interface UpstreamError {
  /** The upstream's own words, not cleaned; at most a few thousand characters. */
  readonly text: string;
  /** The 4xx or 5xx that it names by a number or by a word (`rate_limit_error`). */
  readonly status: O.Option<number>;
  /** Money or quota is used up: no wait mends it. */
  readonly quota: boolean;
  /** The wait that it asks for. */
  readonly hintMs: O.Option<number>;
  /** Header fields that a gateway got with it, and repeats in its body; left out where there are none. */
  readonly fields?: Headers;
  /** It refused to speak of this matter. */
  readonly filtered: boolean;
}

/** A body that is no reply and no error. */
export type Found = 'html' | 'text' | 'array' | 'object' | 'value';

/** The meaning of a body: the reply that was asked for, or what it is instead. */
export type Reading =
  /** Something that the user asked for: text, a tool call, a refusal, sound, a picture. */
  | { readonly _tag: 'Content' }
  /** The reply has reasoning alone. `cut`: the token limit ended it; more `max_tokens` is the remedy. */
  | { readonly _tag: 'ThinkingOnly'; readonly cut: boolean }
  /** A reply with nothing in it. */
  | { readonly _tag: 'Empty' }
  /** Held back by a filter. `text` is what the upstream says of it, not cleaned, or `''`. */
  | { readonly _tag: 'Filtered'; readonly text: string }
  /** An error where a reply should be. */
  | { readonly _tag: 'ErrorInReply'; readonly error: UpstreamError }
  /** It can be read and is not a reply. `text` is the beginning of what it says, not cleaned. */
  | { readonly _tag: 'WrongFormat'; readonly found: Found; readonly text: string }
  /** It cannot be parsed: cut, or never JSON. */
  | { readonly _tag: 'Unparsable' }
  /** A stream that began well and ended before its end. */
  | { readonly _tag: 'BrokenOff' }
  /** A stream that has not said anything yet. */
  | { readonly _tag: 'Undecided' }
  /** Not read for its meaning: a reply that is only passed on, or whose status says it all. */
  | { readonly _tag: 'Unread' };

/** The facts about a reply: seen in a whole reply, in one event of a stream, or in all of its events so far; in any choice. */
export interface StreamFacts {
  /** Text that is not blank, a tool call (even with empty arguments), a refusal, sound, a picture. */
  readonly content: boolean;
  /** Reasoning that is not blank. */
  readonly thinking: boolean;
  /** The token limit ended it. */
  readonly cut: boolean;
  /** A filter ended it. */
  readonly filtered: boolean;
  /** The model has said all: a `finish_reason` or a `stop_reason`, and no content after it. */
  readonly stopped: boolean;
  /** A `finish_reason`, or the `stop_reason` after the last block: what it ends is whole, though more events may follow. */
  readonly finished: boolean;
  /** The choices with text or reasoning. */
  readonly begun: ReadonlySet<number>;
  /** The choices that have content: each goes on, whatever ended it before. */
  readonly said: ReadonlySet<number>;
  /** The choices that a reason to stop has ended. */
  readonly ended: ReadonlySet<number>;
  /** `[DONE]`, `message_stop`: nothing follows. A JSON reply is done by its nature. */
  readonly done: boolean;
}

const none: ReadonlySet<number> = new Set();

export const noFacts: StreamFacts = {
  content: false,
  thinking: false,
  cut: false,
  filtered: false,
  stopped: false,
  finished: false,
  begun: none,
  said: none,
  ended: none,
  done: false,
};

/** Most events name a choice that is known, and cost no new set. */
const union = (a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> =>
  [...b].every((choice) => a.has(choice)) ? a : new Set([...a, ...b]);

/** Hardly any stream goes on after its end, and then it costs a new set. */
const without = (a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> =>
  [...b].some((choice) => a.has(choice)) ? new Set([...a].filter((choice) => !b.has(choice))) : a;

/** With `noSigns` a monoid, so that a stream can be read event by event or at once. */
export const combine = (a: StreamFacts, b: StreamFacts): StreamFacts => ({
  content: a.content || b.content,
  thinking: a.thinking || b.thinking,
  cut: a.cut || b.cut,
  filtered: a.filtered || b.filtered,
  stopped: b.stopped || (a.stopped && !b.content),
  finished: a.finished || b.finished,
  begun: union(a.begun, b.begun),
  said: union(a.said, b.said),
  ended: union(without(a.ended, b.said), b.ended),
  done: a.done || b.done,
});

/** True if nothing is to come but the end: `[DONE]` has come, or each choice that has begun has stopped. */
export const isFinished = ({ done, finished, begun, ended }: StreamFacts): boolean =>
  // Counted, not compared: some upstreams give the end of their only choice another index.
  done || (finished && ended.size >= begun.size);

/** The reading of a whole reply, or of a stream that has ended. A stream without content is empty. */
export const atEnd = (facts: StreamFacts): Reading => {
  if (!isFinished(facts) && (facts.content || facts.thinking)) return { _tag: 'BrokenOff' };
  if (facts.content) return { _tag: 'Content' };
  if (facts.filtered) return { _tag: 'Filtered', text: '' };
  return facts.thinking ? { _tag: 'ThinkingOnly', cut: facts.cut } : { _tag: 'Empty' };
};

/** The reading of a stream that may go on. A filter that ended one choice says nothing of the others yet. */
export const soFar = (facts: StreamFacts): Reading => {
  if (facts.done) return atEnd(facts);
  if (facts.content) return { _tag: 'Content' };
  return facts.thinking ? { _tag: 'ThinkingOnly', cut: facts.cut } : { _tag: 'Undecided' };
};
