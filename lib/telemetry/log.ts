/** A view of events: one line each, pretty for people or JSON for machines. */
import type { Writable } from 'node:stream';
import * as O from 'fp-ts/lib/Option.js';
import { pino } from 'pino';
import type { Emit } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import { lineWriter } from './lines.js';
import { pretty, prettyDetails } from './pretty.js';
import { type LogRecord, levelOf, recordOf } from './record.js';

export interface LogDeps {
  readonly level: Settings['logging']['level'];
  readonly isPretty: boolean;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly stream: Writable;
}

/** True if people are to read the log. */
export const readsPretty = ({ format }: Settings['logging'], isTerminal: boolean): boolean =>
  format === 'pretty' || (format === 'auto' && isTerminal);

/** Local, as people read it: `14:03:22`. */
const timeOfDay = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

/** The log on a stream that it owns. What cannot be written is dropped; nobody ever waits for it. */
export const log = ({ level, isPretty, wallClock, stream }: LogDeps): Emit => {
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
  // The start is logged whatever the level is, as people see the greeting.
  const first = logger.child({}, { level: 'info' });
  const putPretty = (record: LogRecord) => {
    const line = pretty(record);
    if (line === '' || !logger.isLevelEnabled(levelOf(record))) return;
    write(`${timeOfDay(wallClock())} ${line}\n`);
    if (record.event !== 'request') return;
    for (const detail of prettyDetails(record, logger.isLevelEnabled('debug'))) write(`${detail}\n`);
  };
  const putJson = (record: LogRecord) => {
    const to = record.event === 'started' ? first : logger;
    to[levelOf(record)](record);
  };
  const put = isPretty ? putPretty : putJson;

  return (event) => {
    const record = recordOf(event, logger.isLevelEnabled('debug'));
    if (O.isSome(record)) put(record.value);
  };
};
