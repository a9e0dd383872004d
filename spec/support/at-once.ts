/** Long work of the proxy, without its pauses. */
import type { Dialect } from '../../lib/core/dialect.js';
import { atOnce } from '../../lib/core/steps.js';
import * as convert from '../../lib/dialects/convert.js';
import * as reading from '../../lib/dialects/reading.js';

export const wholeOf = (dialect: Dialect, stream: Buffer) => atOnce(convert.wholeOf(dialect, stream));

export const readWhole = (dialect: Dialect, body: Buffer) => atOnce(reading.readWhole(dialect, body));
