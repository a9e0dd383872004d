/** How many files the system lets the process have open, and what of them connections may take. */
import { readdirSync, readFileSync } from 'node:fs';
import { now } from './clock.js';

/** What clients may take, so that there is always a descriptor left for what must go on. */
export interface Shares {
  /** Connections of clients that are served. */
  readonly connections: number;
  /** Connections beside them that are told that there are too many. */
  readonly turnedAway: number;
}

/** A client's, the upstream's, and, where the demo is the upstream, its other end. */
const EACH = 3;

/** For what is opened for a moment: names that are looked up, files. */
const SPARE = 8;

/** They are told in no time: more are not needed, whatever there is. */
const MOST_TURNED_AWAY = 64;

/** At least one is served, however little there is. */
export const sharesOf = (limit: number, taken: number): Shares => {
  const free = Math.max(0, limit - taken - SPARE);
  const turnedAway = Math.min(MOST_TURNED_AWAY, Math.max(1, Math.floor(free / 8)));
  return { connections: Math.max(1, Math.floor((free - turnedAway) / EACH)), turnedAway };
};

const counted = <A>(read: () => A, otherwise: A): A => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

/** Infinite where the system does not tell it in this file. */
export const openFilesLimit = (file = '/proc/self/limits'): number =>
  counted(
    () => Number(/^Max open files +(\d+)/m.exec(readFileSync(file, 'latin1'))?.[1] ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );

/** Zero where the system does not tell it in this folder. */
export const openFiles = (folder = '/proc/self/fd'): number => counted(() => readdirSync(folder).length, 0);

/** How long the limit is taken to be as it was. */
const FRESH_MS = 1000;

/** The shares as the limit is now: it can be set while the process runs. What is open by now is not the clients'. */
export const descriptors = (limitNow: () => number = openFilesLimit): (() => Shares) => {
  const taken = openFiles();
  let readAt = Number.NEGATIVE_INFINITY;
  let shares = sharesOf(Number.POSITIVE_INFINITY, taken);
  return () => {
    if (now() - readAt < FRESH_MS) return shares;
    readAt = now();
    shares = sharesOf(limitNow(), taken);
    return shares;
  };
};
