/** A view of events: one line each, pretty for people or JSON for machines. */
import type { Writable } from 'node:stream';
import * as O from 'fp-ts/lib/Option.js';
import { pino } from 'pino';
import type { Tell } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import { lineWriter } from './lines.js';
import { pretty, prettyAttempts } from './pretty.js';
import { type LogRecord, levelOf, recordOf } from './record.js';

export interface LogDeps {
  readonly level: Settings['logging']['level'];
  readonly isPretty: boolean;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly stream: Writable;
}

/** Whether people are to read the log. */
export const readsPretty = ({ format }: Settings['logging'], isTerminal: boolean): boolean =>
  format === 'pretty' || (format === 'auto' && isTerminal);

/** The log on a stream that it alone watches. What cannot be written is dropped; nobody ever waits for it. */
export const log = ({ level, isPretty, wallClock, stream }: LogDeps): Tell => {
  const write = lineWriter(stream, (lines) => put({ event: 'lines_dropped', lines }));
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(wallClock()).toISOString()}"`,
      formatters: { level: (name) => ({ level: name }) },
    },
    { write },
  );
  const putPretty = (record: LogRecord) => {
    if (!logger.isLevelEnabled(levelOf(record))) return;
    const details = record.event === 'request' && logger.isLevelEnabled('debug') ? prettyAttempts(record) : [];
    for (const line of [pretty(record), ...details]) if (line !== '') write(`${line}\n`);
  };
  const put = (record: LogRecord) => (isPretty ? putPretty(record) : logger[levelOf(record)](record));

  return (event) => {
    const record = recordOf(event, logger.isLevelEnabled('debug'));
    if (O.isSome(record)) put(record.value);
  };
};
