/** Every dialect. A new one is a folder and a line here. */
import type { Dialect } from '../core/dialect.js';
import { anthropic } from './anthropic/index.js';
import { openai } from './openai/index.js';

export const dialects = { openai, anthropic } as const satisfies Readonly<Record<string, Dialect>>;

export type DialectName = keyof typeof dialects;

export const allDialects: readonly Dialect[] = Object.values(dialects);

/** That of requests that name none. */
export const defaultDialect: Dialect = openai;
