/** A config and its stages' files in a folder of their own, for specs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import type { Env } from '../../lib/config/environment.js';
import { load, readText } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import { sleep } from '../../lib/edge/clock.js';

export interface StageFiles {
  readonly write: (name: string, text: string) => void;
  /** Each as the user reads it, without the folder, for a config with this list of stages from its third line on. */
  readonly problems: (stages: string, env?: Env) => Promise<readonly string[]>;
  readonly remove: () => void;
}

export const stageFiles = (): StageFiles => {
  const folder = mkdtempSync(join(tmpdir(), 'stages-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  return {
    write,
    problems: async (stages, env = {}) => {
      write('c.yaml', `target_proxy: { url: demo }\nstages:\n${stages}`);
      const result = await load(join(folder, 'c.yaml'), {
        env,
        readText,
        now: () => 5,
        random: () => 0.5,
        sleep,
        emit: () => {},
      });
      return E.isLeft(result) ? render(result.left).replaceAll(`${folder}/`, '').split('\n') : [];
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
};
