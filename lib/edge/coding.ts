/** Undoes content codings (RFC 9110 §8.4.1) of replies that are read for their meaning. */
import { pipeline, type Readable, Transform } from 'node:stream';
import { type BrotliDecompress, createBrotliDecompress, createUnzip, type Unzip } from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import type { Failure } from '../core/failure.js';
import { type Headers, set, value } from '../core/headers.js';

type Decoder = Unzip | BrotliDecompress;

const DECODERS: Readonly<Record<string, () => Decoder>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

/** No text is packed so well; what is, is made to fill the memory of whoever unpacks it. */
const BOMB_RATIO = 200;
const BOMB_BYTES = 1024 * 1024;

/** Fails, with a code like zlib's own, once much more came out of the decoder than went into it. */
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

export interface Plain {
  readonly stream: Readable;
  /** Without the fields that the coding made true. */
  readonly headers: Headers;
}

/** The stream without its coding, decoded as it comes; `Malformed` for a coding that was neither asked for nor known. */
export const undoCoding = (stream: Readable, headers: Headers): E.Either<Failure, Plain> => {
  const coding = value(headers, 'content-encoding').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return E.right({ stream, headers });
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding]?.() : undefined;
  if (decoder === undefined) return E.left({ _tag: 'Malformed', detail: 'unknown content-encoding' });
  const plain = bombGuard(decoder);
  // The callback is there because without one an error that comes twice is thrown.
  pipeline(stream, decoder, plain, () => {});
  return E.right({ stream: plain, headers: set(headers, { 'content-encoding': false, 'content-length': false }) });
};
