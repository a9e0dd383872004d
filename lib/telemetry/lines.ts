/** Lines to a stream whose reader may be slow, stuck or gone. */
import type { Writable } from 'node:stream';

/** The limit of lines that wait for the reader, in the stream's own measure. */
const WAITING_LIMIT = 2 * 1024 * 1024;

/** Takes a line with its end; never throws and never waits. */
export type WriteLine = (line: string) => void;

/**
 * Once too much waits, lines are dropped until the reader has taken all that does; `onDropped` then gets how many.
 * Where the reader has gone, each line is lost by itself.
 */
export const lineWriter = (stream: Writable, onDropped: (lines: number) => void): WriteLine => {
  let dropped = 0;
  const goOn = () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    onDropped(lines);
  };
  stream.on('drain', goOn);
  // Without a listener a reader that has gone (EPIPE), or a full disk, would end the process.
  stream.on('error', goOn);
  return (line) => {
    if (dropped > 0 || stream.writableLength + line.length > WAITING_LIMIT) dropped += 1;
    else stream.write(line);
  };
};
