/** Reads the config anew at a SIGHUP: all of it holds, then it takes the old one's place; or nothing changes. */
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import type { Loaded } from '../config/load.js';
import type { Emit, InForce } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import { thrown } from '../core/thrown.js';

export interface ReloadDeps {
  /** The config as it is now. Left: every problem, a line each. */
  readonly load: () => Promise<E.Either<string, Loaded>>;
  /** Puts it in force for the requests to come. */
  readonly swap: (loaded: Loaded) => void;
  readonly emit: Emit;
  /** The upstream and the file of a config, for the log. */
  readonly inForce: (loaded: Loaded) => InForce;
}

/** The settings that are fixed at the start. */
const FIXED: Readonly<Record<string, (settings: Settings) => unknown>> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  logging: ({ logging }) => logging,
};

/** A function that reloads; two calls at a time follow one another. `first` is what the start took. */
export const reloader = (first: Loaded, { load, swap, emit, inForce }: ReloadDeps): (() => Promise<void>) => {
  let generation = 1;
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    const loaded = await load();
    if (E.isLeft(loaded)) {
      emit({ _tag: 'ReloadFailed', problems: (loaded.left.split('\n\n')[0] as string).split('\n') });
      return;
    }
    swap(loaded.right);
    generation += 1;
    const { settings, stages } = loaded.right;
    const restart = Object.entries(FIXED)
      .filter(([, of]) => !isDeepStrictEqual(of(settings), of(first.settings)))
      .map(([key]) => key);
    const labels = stages.map(({ label }) => label);
    emit({ _tag: 'Reloaded', generation, stages: labels, restart, ...inForce(loaded.right) });
  };
  const safely = (): Promise<void> =>
    reload().catch((error) => emit({ _tag: 'ReloadFailed', problems: [`it cannot be loaded: ${thrown(error)}`] }));
  return () => {
    last = last.then(safely);
    return last;
  };
};

export interface Reloads {
  readonly ask: () => void;
  /** There is something to reload now: does so if it was asked for, and each time that it is from here on. */
  readonly begin: (reload: () => void) => void;
}

/** The requests to reload. None that comes while the first config is being loaded is lost. */
export const reloads = (): Reloads => {
  let isAsked = false;
  let act = () => {
    isAsked = true;
  };
  return {
    ask: () => act(),
    begin: (reload) => {
      act = reload;
      if (isAsked) reload();
    },
  };
};
