/** Sources of what Node streams carry, and back; and what errors of the network mean. */
import { Readable } from 'node:stream';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Failure } from '../core/failure.js';
import type { Chunk, Source } from '../core/source.js';

const TLS = /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_(TLS|SSL)|^EPROTO$|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)/;

/** Bytes that cannot be read: HTTP's framing (the parser's codes) or a content coding (zlib's). */
const UNREADABLE = /^(HPE_|Z_|ZSTD_|ERR_(_ERROR_FORMAT|BROTLI|BUF_ERROR)|ERR__)/;

/** The part of Node's errors that is looked at; their messages may name hosts and are not. */
export interface Coded {
  readonly code?: string | undefined;
  /** Those of each address, where an upstream has several. */
  readonly errors?: readonly Coded[];
}

/** Says only that this machine has no way to one of an upstream's addresses; another address's error says more. */
const NO_WAY = /^(ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/;

/** Of an error that sums up those of several addresses, the most telling one. */
const codeOf = ({ code = 'UNKNOWN', errors = [] }: Coded): string => {
  const codes = errors.flatMap((each) => each.code ?? []);
  return codes.find((each) => !NO_WAY.test(each)) ?? codes[0] ?? code;
};

/** Before the connection stood: nothing of the request was sent. */
export const explainConnect = (error: Coded): Failure => {
  const code = codeOf(error);
  return TLS.test(code) ? { _tag: 'TlsFailed', code } : { _tag: 'Unreachable', code };
};

/** After it: the upstream may have seen the request. `unused`: a kept connection on which no byte came back. */
export const explainReply = (error: Coded, unused: boolean): Failure => {
  const code = codeOf(error);
  return UNREADABLE.test(code) ? { _tag: 'Malformed', detail: code } : { _tag: 'Broken', code, unused };
};

export interface SourceOptions {
  /** How long a `next` may wait for bytes. */
  readonly idleMs: number;
  /** The failure that an error of the stream means. */
  readonly explain: (error: Coded) => Failure;
  /** Stops the sender; called once, when the rest is given up for whatever cause. */
  readonly stop: () => void;
}

/** One whose sender may break. */
export interface Breakable extends Source {
  /** From now on `next` answers with this failure, but for what came before it. */
  readonly breakOff: (failure: Failure) => void;
}

/** A source of what a Node stream carries. A stream that closes before its end is explained as a reset. */
export const sourceOf = (stream: Readable, { idleMs, explain, stop }: SourceOptions): Breakable => {
  let over: Chunk | undefined;
  let rest: Buffer | null = null;
  let wake: (() => void) | undefined;
  let idle: NodeJS.Timeout | undefined;
  const awaken = () => {
    wake?.();
    wake = undefined;
  };
  const end = (chunk: Chunk) => {
    if (over !== undefined) return;
    over = chunk;
    clearTimeout(idle);
    // A stream with this listener cannot be resumed, and what nobody wants could not flow away.
    stream.off('readable', awaken);
    if (E.isLeft(chunk)) stop();
    awaken();
  };
  const breakOff = (failure: Failure) => {
    // Stopping the sender throws away what was not read yet.
    if (over === undefined) rest = stream.read();
    end(E.left(failure));
  };
  const silent = () => {
    // Nobody waits where the reader is the slow one.
    if (wake !== undefined) end(E.left({ _tag: 'TimedOut', phase: 'idle', limitMs: idleMs, sent: true }));
  };
  stream.on('readable', awaken);
  stream.once('end', () => end(E.right(O.none)));
  stream.once('error', (error: Coded) => breakOff(explain(error)));
  stream.once('close', () => breakOff(explain({ code: 'ECONNRESET' })));

  const bytesOrEnd = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      // One timer for the life of the source: a fresh one for each chunk costs more than the chunk.
      idle = idle?.refresh() ?? setTimeout(silent, idleMs);
    });
  return {
    next: async () => {
      for (;;) {
        const chunk: Buffer | null = over === undefined ? stream.read() : rest;
        rest = null;
        if (chunk !== null) return E.right(O.some(chunk));
        if (over !== undefined) return over;
        await bytesOrEnd();
      }
    },
    abandon: (failure) => end(E.left(failure)),
    breakOff,
  };
};

/** A Node stream of what is left of a source, `prefix` first. */
export const readableOf = (source: Source, prefix: Buffer): Readable => {
  const stream = new Readable({
    read() {
      source.next().then((chunk) => {
        if (E.isLeft(chunk)) this.destroy(new Error(chunk.left._tag));
        else this.push(O.isSome(chunk.right) ? chunk.right.value : null);
      });
    },
    destroy(error, done) {
      source.abandon({ _tag: 'ClientGone' });
      done(error);
    },
  });
  stream.unshift(prefix);
  return stream;
};
