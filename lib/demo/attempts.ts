/** The requests that the demo saw, and how their connections ended. Only the latest are remembered. */
import type { WireRequest } from './request.js';

/** `demo-…`: the demo closed first. `fin` is an orderly end, `reset` is not. */
export type Close = 'client-fin' | 'client-reset' | 'demo-fin' | 'demo-reset';

export interface SeenAttempt extends WireRequest {
  /** The header field `x-demo-id`, else the model name's own id, else the model name, else the path without its query. */
  readonly id: string;
  /** The answer: a name of the catalogue, or the route's. */
  readonly played: string;
  /** When the request was whole: milliseconds of `performance.now()`. */
  readonly at: number;
  /** The number of its connection. */
  readonly connection: number;
  /** The end of the connection; null while it is open. `at` as above. */
  readonly closed: { readonly at: number; readonly how: Close } | null;
}

export interface Memory {
  readonly attempts: number;
  /** The limit of request bodies, together. */
  readonly bodyBytes: number;
}

export interface Recorder {
  readonly record: (attempt: Omit<SeenAttempt, 'closed'>) => void;
  readonly close: (connection: number, at: number, how: Close) => void;
  /** Oldest first; of all ids where none is named. */
  readonly attempts: (id?: string) => readonly SeenAttempt[];
  /** Recorded since the start. */
  readonly total: () => number;
}

export const recorder = (memory: Memory): Recorder => {
  let seen: SeenAttempt[] = [];
  let bodyBytes = 0;
  let total = 0;
  return {
    record: (attempt) => {
      seen.push({ ...attempt, closed: null });
      bodyBytes += attempt.body.length;
      total += 1;
      while (seen.length > memory.attempts || bodyBytes > memory.bodyBytes) {
        for (const oldest of seen.splice(0, 1)) bodyBytes -= oldest.body.length;
      }
    },
    close: (connection, at, how) => {
      seen = seen.map((attempt) => (attempt.connection === connection ? { ...attempt, closed: { at, how } } : attempt));
    },
    attempts: (id) => seen.filter((attempt) => id === undefined || attempt.id === id),
    total: () => total,
  };
};
