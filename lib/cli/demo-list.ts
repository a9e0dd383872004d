/** `seaking-proxy demo --list`: everything that the demo can do, and how to ask for it. */
import { type Fault, faults, goodReplies } from '../demo/catalogue.js';
import { wrapped } from './wrapped.js';

const HEADER = `Ask the demo for one of these by the name of the model:

  demo:NAME        always; demo:NAME:always is the same
  demo:NAME:2      twice, and from then on a good answer
  demo:NAME:2:ID   the same, counted anew for each ID
  demo:NAME+NAME   one after the other, over and over; with :1, each once
  demo             none of them: it answers well
`;

const OF_ADDRESSES = `
No model name can ask for these. Each has an address of its own, for specs:
`;

/** The width of the column of names: two more than the longest. */
const NAME_WIDTH = 26;
const REASON_WIDTH = 23;

const row = (name: string, reason: string, says: string): readonly string[] =>
  wrapped(name.padEnd(NAME_WIDTH) + reason.padEnd(REASON_WIDTH), says.split(' '));

const rowsOf = (which: (kind: Fault['kind']) => boolean): readonly string[] =>
  Object.entries<Fault>(faults).flatMap(([name, { kind, reason, says }]) =>
    which(kind) ? row(name, reason, says) : [],
  );

/** Every name, the failure that a proxy should take it for, and what it does. */
export const demoList = (): string =>
  [
    HEADER,
    ...row('NAME', 'is taken for', 'what it does'),
    ...rowsOf((kind) => kind !== 'listener'),
    ...Object.entries(goodReplies).flatMap(([name, { says }]) => row(name, 'good', says)),
    OF_ADDRESSES,
    ...rowsOf((kind) => kind === 'listener'),
    '',
  ].join('\n');
