/** Streams that break behind a proxy that has them continued. */
import { SETTINGS } from '../../gauntlet/ours.mjs';

import { breaks, times, WELL } from './kinds.mjs';

const continued = (says, name) => ({
  says: `${says}, with on_break: continue`,
  wish: `${name}:1`,
  played: [name, WELL],
  text: 'whole',
});

const CASES = [
  continued('a reset in the middle', 'broken-reset'),
  continued('an early end', 'broken-end'),
  continued('silence in the middle', 'broken-silence'),
  {
    ...breaks(
      'a reset in the middle, every time, with on_break: continue',
      'broken-reset',
      'Upstream broke off in the middle of its reply.',
    ),
    played: times(1 + SETTINGS.maxContinues, 'broken-reset'),
    label: `broken-reset ×${1 + SETTINGS.maxContinues}`,
  },
];

export const runMending = async ({ tavern }, desk) => {
  for (const kase of CASES) {
    await tavern.clear();
    await desk.check(kase, (prompt) => tavern.send(prompt));
  }
};
