/** The demo's answer to one request, as data: literal bytes, waits and ends. */

export type Step =
  | { readonly _tag: 'Send'; readonly bytes: Buffer }
  | { readonly _tag: 'Pause'; readonly ms: number }
  /** Nothing more, until the client closes. */
  | { readonly _tag: 'Hang' }
  /** FIN. */
  | { readonly _tag: 'Finish' }
  /** RST. */
  | { readonly _tag: 'Reset' }
  /** The reply is whole; the connection is reset unread as soon as another request comes in on it. */
  | { readonly _tag: 'ResetNext' };

/** Lazy, so that endless and very long replies cost nothing. One that runs out leaves the connection for the next request. */
export type Script = Iterable<Step>;

/** Text is sent as UTF-8. */
export const send = (content: string | Buffer): Step => ({ _tag: 'Send', bytes: Buffer.from(content) });
export const pause = (ms: number): Step => ({ _tag: 'Pause', ms });
export const hang: Step = { _tag: 'Hang' };
export const finish: Step = { _tag: 'Finish' };
export const reset: Step = { _tag: 'Reset' };
export const resetNext: Step = { _tag: 'ResetNext' };

/** Long enough for the other side to read what came before: a reset may overtake bytes that were not read yet. */
export const settle: Step = pause(30);
