/** Undoes content codings (RFC 9110 §8.4.1) of replies that are read for their meaning. */
import { Duplex, pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import type { Failure } from '../core/failure.js';
import { type Headers, set, value } from '../core/headers.js';

/** `bytesWritten`: how many went into it. */
type Decoder = Duplex & { readonly bytesWritten: number };
type Create = () => Decoder;

/** A decoder of what begins with that byte. */
const byFirstByte = (pick: (first: number) => Decoder): Decoder => {
  let inner: Decoder | undefined;
  const begin = (first: number): Decoder => {
    const decoder = pick(first);
    decoder.on('data', (piece) => {
      if (!outer.push(piece)) decoder.pause();
    });
    decoder.once('end', () => outer.push(null));
    decoder.once('error', (error) => outer.destroy(error));
    return decoder;
  };
  const outer = Object.assign(
    new Duplex({
      write(chunk: Buffer, _encoding, done) {
        inner ??= begin(chunk[0] as number);
        outer.bytesWritten += chunk.length;
        inner.write(chunk, done);
      },
      final(done) {
        if (inner === undefined) outer.push(null);
        else inner.end();
        done();
      },
      read() {
        inner?.resume();
      },
      destroy(error, done) {
        inner?.destroy();
        done(error);
      },
    }),
    { bytesWritten: 0 },
  );
  return outer;
};

/** `deflate` means zlib's format; some send the bare one, which never begins as zlib's does or gzip's. */
const inflate: Create = () =>
  byFirstByte((first) => ((first & 0x0f) === 8 || first === 0x1f ? zlib.createUnzip() : zlib.createInflateRaw()));

/** Node has it since 22.15; without it the coding is as good as unknown. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: Create };

const DECODERS: Readonly<Record<string, Create | undefined>> = {
  gzip: zlib.createUnzip,
  'x-gzip': zlib.createUnzip,
  deflate: inflate,
  br: zlib.createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Each coding that a reply names takes memory, and nobody needs so many. */
const MAX_CODINGS = 4;

/** No text is packed so well; what is, is made to fill the memory of whoever unpacks it. */
const BOMB_RATIO = 200;
const BOMB_BYTES = 1024 * 1024;

/** Fails, with a code like zlib's own, once much more came out of the decoders than went into them. */
const bombGuard = (decoder: Decoder): Transform => {
  let outBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      outBytes += chunk.length;
      const isBomb = outBytes > BOMB_BYTES && outBytes > BOMB_RATIO * decoder.bytesWritten;
      if (isBomb) done(Object.assign(new Error(), { code: 'Z_BOMB' }));
      else done(null, chunk);
    },
  });
};

/** Enough of a text to tell it from what a coding makes. */
const START_BYTES = 16;

/** UTF-8 of characters that texts have; its end may be cut within one. */
const isText = (start: Buffer): boolean => {
  const text = start.toString();
  return !/[^\P{Cc}\s]/u.test(text) && !text.replace(/\ufffd{1,3}$/, '').includes('\ufffd');
};

/** Passes a text on, and fails at what is none: it is coded in a way that is not known. */
const textGuard = (): Transform => {
  let start: Buffer | undefined = Buffer.alloc(0);
  const check = (so: Buffer, done: TransformCallback) => {
    start = undefined;
    if (isText(so)) done(null, so);
    else done(Object.assign(new Error(), { code: 'Z_UNKNOWN' }));
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (start === undefined) return done(null, chunk);
      start = Buffer.concat([start, chunk]);
      if (start.length < START_BYTES) done();
      else check(start, done);
    },
    flush(done) {
      if (start === undefined) done();
      else check(start, done);
    },
  });
};

export interface Plain {
  readonly stream: Readable;
  /** Without the fields that the coding made true. */
  readonly headers: Headers;
}

/**
 * The stream without its codings, decoded as it comes. What is no coding at all (`none`, `utf-8`) or not known leaves a
 * text as it is; anything else that it stands for cannot be read, which the stream tells.
 */
export const undoCoding = (stream: Readable, headers: Headers): E.Either<Failure, Plain> => {
  const codings = value(headers, 'content-encoding')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length === 0) return E.right({ stream, headers });
  if (codings.length > MAX_CODINGS) return E.left({ _tag: 'Malformed', detail: 'too many content-encodings' });
  const known = codings.flatMap((coding) => (Object.hasOwn(DECODERS, coding) ? (DECODERS[coding] ?? []) : []));
  // The last one was applied last.
  const [first, ...rest] = known.reverse().map((create) => create());
  const decoders = first === undefined ? [] : [first, ...rest, bombGuard(first)];
  const all = known.length < codings.length ? [...decoders, textGuard()] : decoders;
  // The callback is there because without one an error that comes twice is thrown.
  pipeline([stream, ...all], () => {});
  const plain = all.at(-1) as Transform;
  return E.right({ stream: plain, headers: set(headers, { 'content-encoding': false, 'content-length': false }) });
};
