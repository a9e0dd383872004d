/**
 * What upstreams send in odd shapes, in the usual ones, so that nobody else has to know of them: numbers as text, a text in
 * the wrong field, a field of an odd type. Loses nothing that can be read, and gives what is usual back as it is.
 */
import type { Dialect } from '../core/exchange.js';
import * as anthropic from './usual/anthropic.js';
import * as openai from './usual/openai.js';

const DIALECTS = { openai, anthropic } as const;

/** A whole reply. */
export const usualReply = (dialect: Dialect, value: unknown): unknown => DIALECTS[dialect].usualReply(value);

/** For the events of one stream, in their order: keeps state. */
export const usualEvents = (dialect: Dialect): ((value: unknown) => unknown) => DIALECTS[dialect].usualEvents();
