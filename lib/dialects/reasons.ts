/** The meaning of a `finish_reason` or a `stop_reason`, as any upstream writes it. */
import { noFacts, type StreamFacts } from '../core/reading.js';
import { isFilterWord } from './error-names.js';

/** The reason in small letters, with `_` between words, and without the type of an enum before it. */
const wordOf = (reason: string): string =>
  reason
    .trim()
    .toLowerCase()
    .replace(/^finish_?reason\./, '')
    .replace(/[\s-]+/g, '_');

/** Words that some upstreams send in place of null. */
const NONE: ReadonlySet<string> = new Set(['', 'null', 'none', 'undefined', 'finish_reason_unspecified']);

const CUT: ReadonlySet<string> = new Set(['length', 'max_tokens', 'model_context_window_exceeded']);

const FILTER = /^(image_)?(blocklist|spii|recitation|refusal)/;

/** The word for a failure, behind which more may stand, as in `function_call_filter: MALFORMED_FUNCTION_CALL`. */
const FAILURE =
  /^((\w+_)?error|(\w+_)?time(d_)?out|failed|failure|abort(ed)?|cancell?ed|interrupted|insufficient_system_resources?|(unexpected|too_many)_tool_calls?|malformed_\w+|missing_thought_signature|function_call_filter)(?!\w)/;

/** Whether this is a reason at all. One that is no text is taken for one where it holds anything. */
export const isReason = (reason: unknown): boolean => {
  if (typeof reason === 'string') return !NONE.has(wordOf(reason));
  return typeof reason === 'object' && reason !== null && Object.keys(reason).length > 0;
};

/** The reason; null where it is none. */
export const reasonOf = (reason: unknown): unknown => (isReason(reason) ? reason : null);

/** Whether the reply failed, by its own account. A word that is not known is a good end. */
export const saysFailure = (reason: unknown): reason is string =>
  typeof reason === 'string' && FAILURE.test(wordOf(reason));

/** The facts of a reason. Most events have none, and cost nothing here. */
export const endFacts = (reason: unknown): StreamFacts => {
  if (!isReason(reason)) return noFacts;
  const word = typeof reason === 'string' ? wordOf(reason) : '';
  const filtered = FILTER.test(word) || isFilterWord(word);
  return { ...noFacts, stopped: true, finished: true, cut: CUT.has(word), filtered };
};
