/** What stands behind a ticket. The rooms move tickets; only the edge can turn one into bytes. */
import * as E from 'fp-ts/lib/Either.js';
import type { Ticket } from '../core/exchange.js';
import type { Source } from '../core/source.js';

const sources = new WeakMap<Ticket, Source>();

/** Whoever holds the ticket owes its source an end: read to its end, or abandoned. */
export const issue = (source: Source): Ticket => {
  const ticket: Ticket = { _tag: 'Ticket' };
  sources.set(ticket, source);
  return ticket;
};

const redeemedTwice: Source = {
  next: async () => E.left({ _tag: 'StageFault', stage: 'a ticket', why: 'was redeemed twice' }),
  abandon: () => {},
};

/** The source of a ticket, once. */
export const redeem = (ticket: Ticket): Source => {
  const source = sources.get(ticket) ?? redeemedTwice;
  sources.delete(ticket);
  return source;
};

/** Gives up what is left of a ticket's source. */
export const discard = (ticket: Ticket): void => redeem(ticket).abandon({ _tag: 'ClientGone' });
