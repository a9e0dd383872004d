/** The vocabulary of the catalogue. */
import type { UpstreamReason } from '../../core/reason.js';
import type { Ask } from '../ask.js';
import type { Script } from '../script.js';

/** The kind of request that is answered. `other` is any route that is passed on without being judged. */
export type Place = 'chat' | 'chat-stream' | 'messages' | 'messages-stream' | 'models' | 'other';

export const WHOLE: readonly Place[] = ['chat', 'messages'];
export const STREAMED: readonly Place[] = ['chat-stream', 'messages-stream'];
export const CHATS: readonly Place[] = [...WHOLE, ...STREAMED];
export const JUDGED: readonly Place[] = [...CHATS, 'models'];
export const EVERYWHERE: readonly Place[] = [...JUDGED, 'other'];

/** More facts about the failure that a fault is to be taken for. */
export interface Expectation {
  /** The HTTP status that it has or names. */
  readonly status?: number;
  /** True if another try is made, if that differs from the reason's rule. */
  readonly retried?: boolean;
  /** The wait that the upstream asks for. */
  readonly hintMs?: number;
}

/** Played on any route; what it says of itself holds at its places. */
export interface ReplyFault<R extends UpstreamReason = UpstreamReason> extends Expectation {
  readonly kind: 'reply';
  /** One sentence. */
  readonly says: string;
  /** The failure that it is to be taken for. */
  readonly reason: R;
  readonly places: readonly Place[];
  readonly script: (ask: Ask) => Script;
}

export const fault = <const R extends UpstreamReason>(
  reason: R,
  places: readonly Place[],
  says: string,
  script: (ask: Ask) => Script,
  more: Expectation = {},
): ReplyFault<R> => ({ kind: 'reply', reason, places, says, script, ...more });

/** Unusual, and good: never refused, never asked for twice. */
export interface GoodReply {
  readonly kind: 'good';
  readonly says: string;
  readonly places: readonly Place[];
  readonly script: (ask: Ask) => Script;
  /** The text that the client is to have in the end; `''` where it is good for something else. */
  readonly text: (prompt: string) => string;
}
