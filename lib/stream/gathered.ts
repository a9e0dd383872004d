/** Bytes that come piece by piece and are kept: many small pieces take no more memory than their sum. */

/** A buffer of one byte costs as much memory as some hundred bytes in a longer one. */
const SMALL_BYTES = 4096;

const BLOCK_BYTES = 16 * 1024;

export interface Gathered {
  readonly add: (piece: Buffer) => void;
  readonly byteLength: () => number;
  /** All of it, as one. */
  readonly whole: () => Buffer;
}

export const gathered = (...first: readonly Buffer[]): Gathered => {
  const pieces: Buffer[] = [];
  /** Where small pieces are put together; made once there are some. */
  let block: Buffer | undefined;
  let filled = 0;
  let total = 0;

  const flush = () => {
    if (block === undefined || filled === 0) return;
    pieces.push(Buffer.from(block.subarray(0, filled)));
    filled = 0;
  };
  const add = (piece: Buffer) => {
    if (piece.length === 0) return;
    total += piece.length;
    // The first one is often the only one, and then needs no copy.
    if (piece.length >= SMALL_BYTES || total === piece.length) {
      flush();
      pieces.push(piece);
      return;
    }
    if (filled + piece.length > BLOCK_BYTES) flush();
    block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    filled += piece.copy(block, filled);
  };
  for (const piece of first) add(piece);
  return {
    add,
    byteLength: () => total,
    whole: () => {
      flush();
      const [only] = pieces;
      return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, total);
    },
  };
};
