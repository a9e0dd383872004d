/**
 * What upstreams send in odd shapes, in the usual ones, so that nobody else has to know of them: numbers as text, a text in
 * the wrong field, a field of an odd type. Loses nothing that can be read, and gives what is usual back as it is.
 */
import type { Dialect } from '../core/exchange.js';
import * as anthropic from './anthropic/normalize.js';
import * as openai from './openai/normalize.js';

const DIALECTS = { openai, anthropic } as const;

/** A whole reply. */
export const normalizeReply = (dialect: Dialect, value: unknown): unknown => DIALECTS[dialect].normalizeReply(value);

/** For the events of one stream, in their order: keeps state. */
export const normalizeEvents = (dialect: Dialect): ((value: unknown) => unknown) => DIALECTS[dialect].normalizeEvents();
